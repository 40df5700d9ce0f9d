// What the keys of the player do, and how its buttons are called.
const SPEEDS = [0.1, 0.25, 0.5, 1, 1.5, 2, 4, 8];

// Of each act: what a button is called, its keys (as `event.key` has them), how the help writes them.
const ACTS = {
  play: { name: "Play or pause", keys: [" ", "k"], shown: "Space" },
  back: { name: "One frame back", keys: ["ArrowLeft"], shown: "←" },
  on: { name: "One frame on", keys: ["ArrowRight"], shown: "→" },
  secondBack: { name: "One second back", keys: ["ArrowDown", "Shift+ArrowLeft"], shown: "↓ or Shift ←" },
  secondOn: { name: "One second on", keys: ["ArrowUp", "Shift+ArrowRight"], shown: "↑ or Shift →" },
  pageBack: { name: "A tenth of what is shown back", keys: ["PageDown"], shown: "Page down" },
  pageOn: { name: "A tenth of what is shown on", keys: ["PageUp"], shown: "Page up" },
  start: { name: "To the start", keys: ["Home"], shown: "Home" },
  end: { name: "To the end", keys: ["End"], shown: "End" },
  slower: { name: "Slower", keys: [",", "<"], shown: "," },
  faster: { name: "Faster", keys: [".", ">"], shown: "." },
  usual: { name: "Usual speed", keys: ["1"], shown: "1" },
  mark: { name: "Mark this moment; held down, a range", keys: ["m"], shown: "M" },
  boxes: { name: "Boxes over the video", keys: ["b"], shown: "B" },
  sound: { name: "Sound", keys: [], shown: "" },
  closer: { name: "Zoom in", keys: ["+", "="], shown: "+" },
  wider: { name: "Zoom out", keys: ["-", "_"], shown: "−" },
  whole: { name: "Show all", keys: ["0"], shown: "0" },
};

function actOf(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  const name = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const full = event.shiftKey && name.startsWith("Arrow") ? `Shift+${name}` : name;
  return Object.keys(ACTS).find((act) => ACTS[act].keys.includes(full)) || null;
}

function nameControls(root) {
  for (const button of root.querySelectorAll(".bar button")) {
    const { name, shown } = ACTS[button.dataset.act];
    button.setAttribute("aria-label", name);
    button.title = shown ? `${name} (${shown})` : name;
    button.firstElementChild.setAttribute("aria-hidden", "true");
  }
  const speed = root.querySelector(".speed");
  for (const each of SPEEDS) speed.append(new Option(`${each} ×`, String(each), each === 1, each === 1));
  const list = root.querySelector(".help dl");
  const lines = [...Object.values(ACTS).filter((act) => act.shown).map((act) => [act.shown, act.name]),
    ["Shift and drag", "Zoom into a range"]];
  for (const [keys, what] of lines) {
    const [term, meaning] = [document.createElement("dt"), document.createElement("dd")];
    [term.textContent, meaning.textContent] = [keys, what];
    list.append(term, meaning);
  }
}

// Hands keys and presses of buttons to `act(name)`, and `held(seconds)` when M is let go.
function listenToKeys(root, player) {
  nameControls(root);
  root.addEventListener("keydown", (event) => {
    const act = actOf(event);
    const inControl = event.target.closest("button, select, summary");
    if (!act || (inControl && (event.key === " " || inControl.matches("select")))) return;
    if (inControl && inControl.matches("[role=radio]") && event.key.startsWith("Arrow")) return;
    event.preventDefault();
    event.stopPropagation();
    if (act === "mark") {
      if (!event.repeat && player.data.toMark) player.beginMark();
    } else if (!event.repeat || REPEATED.has(act)) {
      player.act(act);
    }
  });
  root.addEventListener("keyup", (event) => {
    if (event.key.toLowerCase() === "m") player.endMark();
  });
  root.querySelector(".bar").addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    if (button.dataset.act === "mark") {
      player.beginMark();
      player.endMark();
    } else {
      player.act(button.dataset.act);
    }
  });
  root.querySelector(".speed").addEventListener("change", (event) => {
    player.setSpeed(Number(event.target.value));
  });
}

const REPEATED = new Set(["back", "on", "secondBack", "secondOn", "pageBack", "pageOn", "closer", "wider"]);
