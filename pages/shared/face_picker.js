// Faces of one contact sheet as buttons to tick. What is ticked lives here: an answer of the
// server that was sent before the last click must not undo it.
const REPORT_DELAY = 200; // ms; a series of clicks is one message

function sheetAddress(content) {
  // A short address: each face names the sheet in its style.
  const [kind, base64] = content.split(",");
  const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: kind.slice(5).split(";")[0] }));
}

function cell(face, place, data) {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "cell";
  button.dataset.place = place;
  button.title = face.title;
  button.setAttribute("aria-label", face.title);
  if (face.color) button.style.setProperty("--class", face.color);
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
  return button;
}

function show(picker) {
  [...picker.grid.children].forEach((each, place) => {
    each.setAttribute("aria-pressed", String(picker.picked.has(place)));
  });
  picker.count.textContent = `${picker.picked.size} of ${picker.grid.children.length} ticked`;
}

function build(picker, data) {
  if (picker.address) URL.revokeObjectURL(picker.address);
  picker.address = sheetAddress(data.sheet);
  picker.grid.style.setProperty("--sheet", `url("${picker.address}")`);
  picker.grid.style.setProperty("--sheet-size", `${100 * data.columns}% ${100 * data.rows}%`);
  picker.grid.setAttribute("aria-label", data.label);
  picker.grid.replaceChildren(...data.faces.map((face, place) => cell(face, place, data)));
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
