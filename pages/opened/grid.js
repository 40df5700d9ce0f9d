// A grid to choose one face from, by a click or with the arrow keys, and, where that is of use, to
// tick several, by their boxes or with the space bar. Stands after face_cells.js.
const CHOOSE_DELAY = 150; // ms; held arrow keys run past faces without choosing each
const TICK_DELAY = 200; // ms; a series of ticks is one message
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
    if (data.ticked) button.append(box());
  });
}

function box() {
  // Seen and clicked only: with the keyboard it is the space bar, told as the state of the face.
  const whole = document.createElement("span");
  whole.className = "tick";
  whole.setAttribute("aria-hidden", "true");
  return whole;
}

function showTicks(grid) {
  [...grid.children].forEach((each, place) => {
    each.setAttribute("aria-checked", String(grid.ticked.has(grid.faces[place].index)));
  });
}

function tellTicks(grid) {
  if (!grid.ticking) return;
  clearTimeout(grid.ticking);
  grid.ticking = null;
  const shown = grid.faces.map((face) => face.index);
  grid.report("ticked", { shown, ticked: shown.filter((index) => grid.ticked.has(index)) });
}

function tick(grid, place, far) {
  const on = !grid.ticked.has(grid.faces[place].index);
  const from = far && grid.tickedLast !== undefined ? grid.tickedLast : place;
  for (let each = Math.min(from, place); each <= Math.max(from, place); each += 1) {
    const { index } = grid.faces[each];
    if (on) grid.ticked.add(index);
    else grid.ticked.delete(index);
  }
  grid.tickedLast = place;
  showTicks(grid);
  clearTimeout(grid.ticking);
  grid.ticking = setTimeout(() => tellTicks(grid), TICK_DELAY);
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
    if (!button) return;
    const place = Number(button.dataset.place);
    if (event.target.closest(".tick")) tick(grid, place, event.shiftKey);
    else choose(grid, place, false);
  });
  grid.addEventListener("keydown", (event) => {
    const button = event.target.closest(".cell");
    if (!button || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === " " && grid.ticked) {
      event.preventDefault();
      if (!event.repeat) tick(grid, Number(button.dataset.place), event.shiftKey);
      return;
    }
    const place = target(grid, Number(button.dataset.place), event.key);
    const next = place === null ? null : grid.children[place];
    if (place === null) return;
    event.preventDefault();
    if (!next) return;
    next.focus();
    clearTimeout(grid.timer);
    grid.timer = setTimeout(() => choose(grid, place, true), CHOOSE_DELAY);
  });
  grid.addEventListener("keyup", (event) => {
    if (event.key === " " && grid.ticked) event.preventDefault(); // in Firefox it would be a click
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
  const content = JSON.stringify([data.sheet, data.faces]);
  const isNew = grid.content !== content;
  if (isNew) tellTicks(grid); // of the faces that go
  grid.faces = data.faces;
  if (isNew) {
    grid.content = content;
    build(grid, data);
  }
  // What is ticked lives here: an answer that was sent before the last click must not undo it.
  if (isNew || grid.version !== data.version) {
    grid.ticked = data.ticked && new Set(data.ticked);
    grid.version = data.version;
    grid.tickedLast = undefined;
  }
  if (grid.ticked) showTicks(grid);
  grid.chosen = data.chosen;
  mark(grid, data.chosen);
  showDetails(grid, data);
  return () => clearTimeout(grid.timer);
}
