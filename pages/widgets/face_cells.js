// Begins the script of every grid of faces: the faces of one contact sheet as buttons. All share
// one picture, so that a page of them is one message and one decoded image.

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

function fill(grid, data) {
  if (grid.address) URL.revokeObjectURL(grid.address);
  grid.address = sheetAddress(data.sheet);
  grid.style.setProperty("--sheet", `url("${grid.address}")`);
  grid.style.setProperty("--sheet-size", `${100 * data.columns}% ${100 * data.rows}%`);
  grid.setAttribute("aria-label", data.label);
  grid.replaceChildren(...data.faces.map((face, place) => cell(face, place, data)));
}

