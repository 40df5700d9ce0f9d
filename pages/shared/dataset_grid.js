// Faces of one contact sheet as buttons: a click, or the arrow keys and Enter, choose one. All
// faces share one picture, so a page of them is one message and one decoded image.
const CHOOSE_DELAY = 150; // ms; held arrow keys run past faces without choosing each
const NARROW = 640; // px; below it Streamlit puts columns below each other

function sheetAddress(content) {
  // A short address: each face names the sheet in its style.
  const [kind, base64] = content.split(",");
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: kind.slice(5).split(";")[0] }));
}

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

function cell(face, place, data) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "cell";
  button.tabIndex = -1;
  button.dataset.place = place;
  button.title = face.title;
  button.setAttribute("role", "option");
  button.setAttribute("aria-label", face.title);
  button.style.setProperty("--class", face.color);
  const picture = document.createElement("span");
  picture.className = "picture";
  const column = place % data.columns;
  const row = Math.floor(place / data.columns);
  const across = data.columns > 1 ? (100 * column) / (data.columns - 1) : 0;
  const down = data.rows > 1 ? (100 * row) / (data.rows - 1) : 0;
  picture.style.backgroundPosition = `${across}% ${down}%`;
  button.append(picture);
  if (face.caption) {
    const caption = document.createElement("span");
    caption.className = "caption";
    caption.textContent = face.caption;
    button.append(caption);
  }
  if (face.bar) button.append(bar(face.bar));
  return button;
}

function build(grid, data) {
  if (grid.address) URL.revokeObjectURL(grid.address);
  grid.address = sheetAddress(data.sheet);
  grid.style.setProperty("--sheet", `url("${grid.address}")`);
  grid.style.setProperty("--sheet-size", `${100 * data.columns}% ${100 * data.rows}%`);
  grid.style.setProperty("--side", `${data.side}px`);
  grid.setAttribute("aria-label", data.label);
  grid.replaceChildren(...data.faces.map((face, place) => cell(face, place, data)));
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
