// A grid to tick faces in. Stands after face_cells.js. What is ticked lives here: an answer of the
// server that was sent before the last click must not undo it.
const REPORT_DELAY = 200; // ms; a series of clicks is one message

function show(picker) {
  [...picker.grid.children].forEach((each, place) => {
    each.setAttribute("aria-pressed", String(picker.picked.has(place)));
  });
  picker.count.textContent = `${picker.picked.size} of ${picker.grid.children.length} ticked`;
}

function build(picker, data) {
  fill(picker.grid, data);
  picker.picked = new Set(data.picked);
}

function change(picker, picked) {
  picker.picked = picked;
  show(picker);
  clearTimeout(picker.timer);
  picker.timer = setTimeout(() => {
    picker.report("picked", [...picker.picked].sort((one, other) => one - other));
  }, REPORT_DELAY);
}

function listen(picker) {
  picker.grid.addEventListener("click", (event) => {
    const button = event.target.closest(".cell");
    if (!button) return;
    const picked = new Set(picker.picked);
    const place = Number(button.dataset.place);
    if (!picked.delete(place)) picked.add(place);
    change(picker, picked);
  });
  picker.all.addEventListener("click", () => {
    change(picker, new Set([...picker.grid.children].keys()));
  });
  picker.none.addEventListener("click", () => change(picker, new Set()));
}

export default function ({ parentElement, data, setStateValue }) {
  const picker = parentElement.querySelector(".picker");
  picker.report = setStateValue;
  if (!picker.grid) {
    for (const part of ["grid", "count", "all", "none"]) {
      picker[part] = picker.querySelector(`.${part}`);
    }
    listen(picker);
  }
  const content = JSON.stringify([data.sheet, data.faces]);
  if (picker.content !== content) {
    picker.content = content;
    build(picker, data);
  }
  show(picker);
}
