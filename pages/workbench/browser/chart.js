// Draws a session over time on a canvas: marks, a ribbon of answers a person, the scores of one.
const LANE = 22; // px: the labels of marks
const RIBBON = 18;
const RIBBON_GAP = 4;
const PLOT = 150;
const AXIS = 22;
const MOST_RIBBONS = 12;
const STEPS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
  3600, 7200, 14400];

// As emotion_core/quantities.py `position` writes it: "1:15", "1:01:15"; with digits "1:15.25".
function clock(seconds, digits = 0) {
  const scale = 10 ** digits;
  const whole = Math.floor(Math.max(0, seconds) * scale + 1e-6) / scale;
  const hours = Math.floor(whole / 3600);
  const minutes = Math.floor(whole / 60) % 60;
  const rest = (whole % 60).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}

function percent(share) {
  return `${Math.round(100 * share)}%`;
}

function heights(people) {
  const ribbons = Math.min(people, MOST_RIBBONS) * (RIBBON + RIBBON_GAP);
  return { ribbons: LANE, scores: LANE + ribbons + 6, axis: LANE + ribbons + 6 + PLOT,
    all: LANE + ribbons + 6 + PLOT + AXIS };
}

function themeOf(element) {
  const style = getComputedStyle(element);
  return {
    text: style.color,
    font: style.fontFamily,
    line: style.getPropertyValue("--st-border-color").trim() || "#8888",
    page: style.getPropertyValue("--st-background-color").trim() || "#fff",
  };
}

// Makes a canvas as many pixels as the screen has for it.
function fitted(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  const size = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== size[0] || canvas.height !== size[1]) [canvas.width, canvas.height] = size;
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  return pen;
}

class Chart {
  constructor(canvas) {
    this.canvas = canvas;
  }

  // shown: { rows, from, to, chosen, answers, colors, hidden, marks, leftOut, ribbons }
  draw(shown, width) {
    const { all } = heights(shown.ribbons);
    this.shown = shown;
    this.width = width;
    this.theme = themeOf(this.canvas);
    this.pen = fitted(this.canvas, width, all);
    if (width < 2 || shown.to <= shown.from) return;
    this.drawGrid();
    this.drawLeftOut();
    this.drawMarks();
    const wanted = shown.rows.levelFor((shown.to - shown.from) / width);
    this.drawsRows = wanted < 0;
    for (let place = 0; place < Math.min(shown.ribbons, MOST_RIBBONS); place += 1) {
      this.drawBest(wanted, (level) => this.drawRibbon(level, place));
    }
    if (shown.ribbons) this.drawBest(wanted, (level) => this.drawScores(level));
  }

  // Draws at the level that is wanted; as long as that is on its way, at the next that is there.
  drawBest(wanted, draw) {
    const { levels } = this.shown.rows.index;
    for (let level = wanted; level < levels.length; level += 1) if (draw(level)) return;
  }

  x(time) {
    const { from, to } = this.shown;
    return ((time - from) / (to - from)) * this.width;
  }

  drawGrid() {
    const { pen, theme, shown, width } = this;
    const { scores, axis } = heights(shown.ribbons);
    pen.font = `12px ${theme.font}`;
    pen.strokeStyle = theme.line;
    pen.lineWidth = 1;
    for (const share of [0, 0.5, 1]) {
      const y = Math.round(scores + PLOT * (1 - share)) + 0.5;
      pen.beginPath();
      pen.moveTo(0, y);
      pen.lineTo(width, y);
      pen.stroke();
    }
    const span = shown.to - shown.from;
    const most = Math.max(2, Math.floor(width / 80));
    const step = STEPS.find((each) => span / each <= most) || STEPS[STEPS.length - 1];
    const digits = step < 0.1 ? 2 : step < 1 ? 1 : 0;
    pen.fillStyle = theme.text;
    pen.textBaseline = "top";
    for (let tick = Math.ceil(shown.from / step - 1e-9); tick * step <= shown.to + 1e-9; tick += 1) {
      const x = this.x(tick * step);
      pen.globalAlpha = 0.6;
      pen.beginPath();
      pen.moveTo(Math.round(x) + 0.5, scores);
      pen.lineTo(Math.round(x) + 0.5, axis + 4);
      pen.stroke();
      pen.globalAlpha = 0.85;
      pen.textAlign = x < 16 ? "left" : x > width - 16 ? "right" : "center";
      pen.fillText(clock(tick * step, digits), Math.max(0, Math.min(width, x)), axis + 6);
    }
    pen.globalAlpha = 1;
  }

  // Times that count in no number: hatched.
  drawLeftOut() {
    const { pen, theme, shown, width } = this;
    const { axis } = heights(shown.ribbons);
    for (const [start, end] of shown.leftOut) {
      const [left, right] = [Math.max(0, this.x(start)), Math.min(width, this.x(end))];
      if (right <= left) continue;
      pen.save();
      pen.beginPath();
      pen.rect(left, LANE, right - left, axis - LANE);
      pen.clip();
      pen.strokeStyle = theme.text;
      pen.globalAlpha = 0.3;
      pen.beginPath();
      for (let x = left - (axis - LANE); x < right; x += 8) {
        pen.moveTo(x, axis);
        pen.lineTo(x + axis - LANE, LANE);
      }
      pen.stroke();
      pen.restore();
    }
  }

  drawMarks() {
    const { pen, theme, shown, width } = this;
    const { axis } = heights(shown.ribbons);
    pen.font = `12px ${theme.font}`;
    pen.textBaseline = "middle";
    pen.textAlign = "left";
    let free = -Infinity; // where the last label ends
    for (const mark of shown.marks) {
      const start = this.x(mark.start);
      const end = mark.end === null ? start : this.x(mark.end);
      if (end < 0 || start > width) continue;
      pen.fillStyle = mark.color;
      if (mark.end !== null) {
        pen.globalAlpha = 0.14;
        pen.fillRect(start, LANE, Math.max(1, end - start), axis - LANE);
        pen.globalAlpha = 1;
        pen.fillRect(start, LANE - 4, Math.max(2, end - start), 3);
      }
      pen.fillRect(Math.round(start) - 1, LANE - 6, 2, axis - LANE + 6);
      const left = Math.max(0, start);
      if (left < free) continue;
      pen.fillRect(left, 4, 8, 8);
      pen.fillStyle = theme.text;
      const label = shortened(pen, mark.label, Math.min(160, width - left - 14));
      pen.fillText(label, left + 12, 9);
      free = left + 20 + pen.measureText(label).width;
    }
  }

  // The rows or bins of a person in what is shown, or null while some are on their way:
  // { x, to, low, mean, high, answer, joined } each, with scores as functions of their number.
  points(level, place) {
    const { rows, from, to } = this.shown;
    const found = [];
    const { index } = rows;
    const whole = level < 0
      ? rows.eachRow(place, from - 1, to + 1, (each) => each && found.push(rowPoint(this, each, index)))
      : rows.eachBin(level, place, from, to, (each) => each && found.push(binPoint(this, each)));
    return whole ? found : null;
  }

  drawRibbon(level, place) {
    const found = this.points(level, place);
    if (!found) return false;
    const { pen, shown } = this;
    const y = LANE + place * (RIBBON + RIBBON_GAP);
    let run = null;
    const finish = () => {
      if (!run) return;
      const color = shown.colors[shown.answers[run.answer]];
      pen.fillStyle = color;
      // No expression is named: half as high, so that not the colour alone tells it.
      const high = run.answer < SCORES ? RIBBON : RIBBON / 2;
      pen.fillRect(run.x, y + (RIBBON - high) / 2, Math.max(1, run.to - run.x), high);
    };
    for (const point of found) {
      if (run && run.answer === point.answer && point.x <= run.to + 1) {
        run.to = point.to;
      } else {
        finish();
        run = { x: point.x, to: point.to, answer: point.answer };
      }
    }
    finish();
    if (place === shown.chosen && shown.ribbons > 1) {
      pen.strokeStyle = this.theme.text;
      pen.lineWidth = 1;
      pen.strokeRect(0.5, y - 1.5, this.width - 1, RIBBON + 3);
    }
    return true;
  }

  drawScores(level) {
    const found = this.points(level, this.shown.chosen);
    if (!found) return false;
    const { pen, shown } = this;
    const { scores } = heights(shown.ribbons);
    const y = (value) => scores + PLOT * (1 - value / 255);
    pen.save();
    pen.beginPath();
    pen.rect(0, scores - 2, this.width, PLOT + 4);
    pen.clip();
    shown.answers.slice(0, SCORES).forEach((answer, score) => {
      if (shown.hidden.has(answer)) return;
      const color = shown.colors[answer];
      if (level >= 0) this.drawBand(found, score, color, y);
      pen.strokeStyle = color;
      pen.lineWidth = 1.75;
      pen.lineJoin = "round";
      pen.beginPath();
      for (const point of found) {
        const x = level < 0 ? point.x : (point.x + point.to) / 2;
        const height = y(point.view.getUint8(point.mean + score));
        if (point.joined) pen.lineTo(x, height);
        else pen.moveTo(x, height);
        // A single row between two gaps would be a line of no length.
        if (!point.joined) pen.lineTo(x + 0.75, height);
      }
      pen.stroke();
    });
    pen.restore();
    return true;
  }

  drawBand(found, score, color, y) {
    const { pen } = this;
    pen.fillStyle = color;
    pen.globalAlpha = 0.22;
    pen.beginPath();
    for (let first = 0; first < found.length;) {
      let end = first + 1;
      while (end < found.length && found[end].joined) end += 1;
      const middle = (point) => (point.x + point.to) / 2;
      for (let each = first; each < end; each += 1) {
        const point = found[each];
        const height = y(point.view.getUint8(point.mean + SCORES + score));
        if (each === first) pen.moveTo(middle(point), height);
        else pen.lineTo(middle(point), height);
      }
      for (let each = end - 1; each >= first; each -= 1) {
        const point = found[each];
        pen.lineTo(middle(point), y(point.view.getUint8(point.mean - SCORES + score)));
      }
      first = end;
    }
    pen.fill();
    pen.globalAlpha = 1;
  }
}

function binPoint(chart, { view, at, start, seconds }) {
  return {
    view,
    mean: at + SCORES, // the lowest stand before it, the highest behind
    x: chart.x(start),
    to: chart.x(start + seconds),
    answer: view.getUint8(at + 3 * SCORES),
    joined: view.getUint8(at + 3 * SCORES + 1) === 1,
  };
}

function rowPoint(chart, { view, row, start, joined }, index) {
  return {
    view,
    mean: row + 15,
    x: chart.x(start),
    to: chart.x(start + (index.step || 0.04)),
    answer: view.getUint8(row + 14),
    joined,
  };
}

function shortened(pen, text, width) {
  if (pen.measureText(text).width <= width) return text;
  let length = text.length;
  while (length > 0 && pen.measureText(`${text.slice(0, length)}…`).width > width) length -= 1;
  return length ? `${text.slice(0, length)}…` : "";
}
