// A grid to choose one face from, by a click or with the arrow keys. Stands after face_cells.js.
const CHOOSE_DELAY = 150; // ms; held arrow keys run past faces without choosing each
const NARROW = 640; // px; below it Streamlit puts columns below each other

function bar(shares) {
  const whole = document.createElement("span");
  whole.className = "bar";
  for (const [color, share] of shares) {
    const part = document.createElement("span");
    part.style.background = color;
    part.style.flexGrow = share;
    whole.append(part);
  }
  return whole;
}

function build(grid, data) {
  fill(grid, data);
  grid.style.setProperty("--side", `${data.side}px`);
  data.faces.forEach((face, place) => {
    const button = grid.children[place];
    button.setAttribute("role", "option");
    if (face.bar) button.append(bar(face.bar));
  });
}

function mark(grid, chosen) {
  const cells = [...grid.children];
  const place = grid.faces.findIndex((face) => face.index === chosen);
  cells.forEach((each, number) => {
    each.setAttribute("aria-selected", String(number === place));
    each.tabIndex = number === Math.max(0, place) ? 0 : -1;
  });
}

function target(grid, place, key) {
  const columns = getComputedStyle(grid).gridTemplateColumns.split(" ").length;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  if (key === "Home") return 0;
  if (key === "End") return grid.children.length - 1;
  return key in steps ? place + steps[key] : null;
}

function choose(grid, place, byKey) {
  const index = grid.faces[place].index;
  mark(grid, index);
  if (grid.chosen === index) return;
  grid.chosen = index;
  grid.scrollTo_ = !byKey;
  grid.report("chosen", index);
}

function listen(grid) {
  grid.addEventListener("click", (event) => {
    const button = event.target.closest(".cell");
    if (button) choose(grid, Number(button.dataset.place), false);
  });
  grid.addEventListener("keydown", (event) => {
    const button = event.target.closest(".cell");
    if (!button || event.altKey || event.ctrlKey || event.metaKey) return;
    const place = target(grid, Number(button.dataset.place), event.key);
    const next = place === null ? null : grid.children[place];
    if (place === null) return;
    event.preventDefault();
    if (!next) return;
    next.focus();
    clearTimeout(grid.timer);
    grid.timer = setTimeout(() => choose(grid, place, true), CHOOSE_DELAY);
  });
}

function showDetails(grid, data) {
  // Where the details stand above the faces, a click far down would seem to do nothing.
  if (!grid.scrollTo_ || !data.details || window.innerWidth >= NARROW) return;
  grid.scrollTo_ = false;
  document.querySelector(`.st-key-${data.details}`)?.scrollIntoView({ block: "start" });
}

export default function ({ parentElement, data, setTriggerValue }) {
  const grid = parentElement.querySelector(".grid");
  grid.report = setTriggerValue;
  if (!grid.listening) {
    grid.listening = true;
    listen(grid);
  }
  grid.faces = data.faces;
  const content = JSON.stringify([data.sheet, data.faces]);
  if (grid.content !== content) {
    grid.content = content;
    build(grid, data);
  }
  grid.chosen = data.chosen;
  mark(grid, data.chosen);
  showDetails(grid, data);
  return () => clearTimeout(grid.timer);
}
