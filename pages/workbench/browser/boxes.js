// Draws the boxes and answers of the rows over the video.
const OLDEST = 0.5; // seconds; an earlier frame's boxes are not where the faces are now
// The video's times are rounded to milliseconds, the rows' to tenths of them.
const ROUNDING = 6e-4;

class Boxes {
  constructor(canvas) {
    this.canvas = canvas;
  }

  clear() {
    const { clientWidth, clientHeight } = this.canvas;
    fitted(this.canvas, clientWidth, clientHeight);
  }

  // shown: { rows, answers, colors, names }; false while the rows are on their way.
  draw(shown, video, time) {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const frame = shown.rows.frameAt(time + ROUNDING);
    const pen = fitted(this.canvas, width, height);
    if (!frame) return false;
    if (!video.videoWidth || Math.abs(time - frame.time) > OLDEST) return true;
    // The picture in the element, and in it the frame, which may have had another shape.
    const picture = inside(video.videoWidth, video.videoHeight, 0, 0, width, height);
    const place = inside(frame.width, frame.height, picture.x, picture.y,
      picture.width, picture.height);
    const scale = place.width / frame.width;
    pen.font = `600 13px ${themeOf(this.canvas).font}`;
    pen.textBaseline = "middle";
    for (const face of frame.faces) {
      const answer = shown.answers[face.answer];
      const [x, y, wide, high] = face.box.map((each) => each * scale);
      this.drawBox(pen, shown.colors[answer], place.x + x, place.y + y, wide, high);
      this.drawLabel(pen, shown, face, answer, place.x + x, place.y + y, width);
    }
    return true;
  }

  drawBox(pen, color, x, y, width, height) {
    pen.strokeStyle = "rgb(0 0 0 / 55%)";
    pen.lineWidth = 4;
    pen.strokeRect(x, y, width, height);
    pen.strokeStyle = color;
    pen.lineWidth = 2;
    pen.strokeRect(x, y, width, height);
  }

  drawLabel(pen, shown, face, answer, left, top, width) {
    const score = face.answer < SCORES ? face.scores[face.answer] : Math.max(...face.scores);
    const who = face.person ? `${shown.names(face.person)}: ` : "";
    const text = `${who}${answer} ${percent(score)}`;
    const wide = pen.measureText(text).width + 18;
    const x = Math.max(0, Math.min(left - 1, width - wide));
    const y = Math.max(0, top - 22);
    pen.fillStyle = "rgb(0 0 0 / 78%)";
    pen.fillRect(x, y, wide, 20);
    pen.fillStyle = shown.colors[answer];
    pen.fillRect(x, y, 5, 20);
    pen.fillStyle = "#fff";
    pen.fillText(text, x + 11, y + 10);
  }
}

// Where something of one shape lies in the middle of a box of another, as large as it can be.
function inside(width, height, x, y, boxWidth, boxHeight) {
  const scale = Math.min(boxWidth / width, boxHeight / height);
  return {
    x: x + (boxWidth - width * scale) / 2,
    y: y + (boxHeight - height * scale) / 2,
    width: width * scale,
    height: height * scale,
  };
}
