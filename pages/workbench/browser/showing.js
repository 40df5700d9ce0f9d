// What of the player is seen and heard: brought up to date at most once a picture of the screen.
// Files of the server, from whichever page of it: the pages' addresses have one part.
function inRoot(address) {
  const page = window.location.pathname.replace(/\/+$/, "");
  return page.replace(/\/[^/]*$/, "") + address;
}

Object.assign(Player.prototype, {
  redraw() {
    this.stale.chart = true;
    this.refresh();
  },

  refresh() {
    if (this.asksForFrame || !this.data) return;
    this.asksForFrame = true;
    requestAnimationFrame(() => {
      this.asksForFrame = false;
      if (this.root.isConnected) this.showAll();
    });
  },

  showAll() {
    const theme = `${getComputedStyle(this.root).color} ${window.devicePixelRatio}`;
    if (this.stale.chart || theme !== this.theme) {
      this.theme = theme;
      this.stale.chart = false;
      this.drawChart();
    }
    this.showHead();
    this.showReading();
    this.showState();
    this.drawBoxes();
  },

  drawChart() {
    const { data, rows } = this;
    const ribbons = data.index.persons.length;
    const height = heights(ribbons).all;
    this.plot.style.height = `${height}px`;
    this.chart.draw({
      rows, ribbons, from: this.from, to: this.to, chosen: this.chosen, answers: data.answers,
      colors: data.colors, hidden: this.hidden, marks: data.marks, leftOut: data.leftOut,
    }, this.plot.clientWidth);
    if (rows.pieces.size) this.root.dataset.drawn = "true"; // for tests and benchmarks
    this.part(".scroll").hidden = this.to - this.from >= this.seconds - 1e-6;
    const shown = this.part(".window");
    shown.style.left = `${(100 * this.from) / this.seconds}%`;
    shown.style.width = `${(100 * (this.to - this.from)) / this.seconds}%`;
    if (rows.problem) {
      this.part(".note").textContent = "The scores could not be fetched; reload the page.";
    }
  },

  showHead() {
    const share = (this.time - this.from) / (this.to - this.from);
    const head = this.part(".head");
    head.style.transform = `translateX(${share * this.plot.clientWidth}px)`;
    head.hidden = share < 0 || share > 1;
    this.part(".done").style.transform = `scaleX(${this.time / this.seconds})`;
    this.part(".done").style.width = "100%";
    const digits = this.to - this.from < 120 ? 2 : 0;
    const { clock: last } = this;
    const text = `${clock(this.time, digits)} / ${clock(this.seconds)}`;
    if (text !== last) this.part(".clock").textContent = this.clock = text;
  },

  // The frame at the playhead, as far as its rows are there.
  frameNow() {
    const frame = this.rows.frameAt(this.time + ROUNDING);
    return frame && this.time - frame.time <= LONGEST_GAP ? frame : null;
  },

  showReading() {
    const { data } = this;
    const frame = this.frameNow();
    const face = frame && frame.faces.find((each) => each.place === this.chosen);
    this.part(".legend").childNodes.forEach((button, score) => {
      const text = face ? percent(face.scores[score]) : "–";
      const value = button.lastElementChild;
      if (value.textContent !== text) value.textContent = text;
    });
    const said = (frame ? frame.faces : []).filter((each) => each.person)
      .map((each) => `${this.names(each.person)} ${data.answers[each.answer]}`);
    const text = [clock(this.time), ...said].join(", ");
    this.plot.setAttribute("aria-valuenow", this.time.toFixed(2));
    if (this.plot.getAttribute("aria-valuetext") !== text) {
      this.plot.setAttribute("aria-valuetext", text);
    }
  },

  showState() {
    const press = (act, on) => {
      const button = this.part(`[data-act=${act}]`);
      button.setAttribute("aria-pressed", String(on));
    };
    press("boxes", this.boxesShown);
    press("sound", !this.video.muted);
    const icon = (act, name) => {
      const place = this.part(`[data-act=${act}]`).firstElementChild;
      if (place.textContent !== name) place.textContent = name;
    };
    icon("play", this.playing ? "pause" : "play_arrow");
    icon("sound", this.video.muted ? "volume_off" : "volume_up");
  },

  drawBoxes() {
    const { rows, data, names } = this;
    if (!this.hasVideo || !this.boxesShown) {
      this.boxes.clear();
      return;
    }
    this.boxes.draw({ rows, names, answers: data.answers, colors: data.colors }, this.video,
      this.videoTime);
  },

  showNames() {
    const place = this.part(".names");
    const people = this.data.index.persons.slice(0, MOST_RIBBONS);
    const shown = JSON.stringify([people.map(this.names), this.chosen]);
    const { scores } = heights(this.data.index.persons.length);
    [...this.part(".shares").children].forEach((each, third) => {
      each.style.top = `${scores + (PLOT * third) / 2}px`;
      each.hidden = !people.length;
    });
    if (shown === this.namesShown) return;
    this.namesShown = shown;
    place.replaceChildren(...people.map((person, number) => {
      const button = document.createElement("button");
      button.type = "button";
      button.setAttribute("role", "radio");
      button.setAttribute("aria-checked", String(number === this.chosen));
      button.tabIndex = number === this.chosen ? 0 : -1;
      button.textContent = button.title = this.names(person);
      button.style.top = `${LANE + number * (RIBBON + RIBBON_GAP)}px`;
      button.addEventListener("click", () => this.choose(number, people.length));
      button.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
        if (!step) return;
        event.preventDefault();
        this.choose(number + step, people.length);
        this.part("[role=radio][tabindex='0']").focus();
      });
      return button;
    }));
    this.fitNames();
  },

  // The column is as wide as the longest name, but leaves most of the room to the chart.
  fitNames() {
    const { style } = this.part(".time");
    style.removeProperty("--gutter");
    const names = [...this.part(".names").children];
    if (names.some((each) => each.scrollWidth > each.clientWidth)) {
      const longest = Math.max(...names.map((each) => each.scrollWidth));
      style.setProperty("--gutter", `min(34%, 14rem, ${longest + 12}px)`);
    }
  },

  choose(number, people) {
    this.chosen = (number + people) % people;
    this.showNames();
    this.redraw();
  },

  showLegend() {
    const place = this.part(".legend");
    if (place.childElementCount || !this.data.index.persons.length) return;
    place.replaceChildren(...this.data.answers.slice(0, SCORES).map((answer) => {
      const button = document.createElement("button");
      button.type = "button";
      button.title = "Show or hide this line";
      const [dot, name, score] = ["dot", "name", "score"].map((kind) => {
        const part = document.createElement("span");
        part.className = kind;
        return part;
      });
      dot.style.background = this.data.colors[answer];
      name.textContent = answer;
      button.append(dot, name, score);
      button.setAttribute("aria-pressed", "true");
      button.addEventListener("click", () => {
        if (!this.hidden.delete(answer)) this.hidden.add(answer);
        button.setAttribute("aria-pressed", String(!this.hidden.has(answer)));
        this.redraw();
      });
      return button;
    }));
  },
});

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".player");
  root.player ??= new Player(root);
  root.player.update({ ...data, rows: inRoot(data.rows) }, setTriggerValue);
}
