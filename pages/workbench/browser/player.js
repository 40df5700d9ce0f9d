// Video and chart with one playhead. Stands behind rows.js, chart.js, boxes.js, keys.js, pointer.js.
const REST = 400; // ms; the server hears of a playhead that rests
const SHORTEST_MARK = 0.3; // seconds; what is shorter is a moment, not a range
const NARROWEST = 0.5; // seconds; no closer zoom

class Player {
  constructor(root) {
    this.root = root;
    this.part = (name) => root.querySelector(name);
    this.video = this.part("video");
    this.plot = this.part(".plot");
    this.chart = new Chart(this.part(".lines"));
    this.boxes = new Boxes(this.part(".boxes"));
    this.time = 0;
    this.speed = 1;
    this.hidden = new Set();
    this.chosen = 0;
    this.told = [];
    this.stale = { chart: true };
    listenToKeys(root, this);
    listenToPointer(root, this);
    this.listenToVideo();
    new ResizeObserver(() => this.redraw()).observe(this.plot);
    new ResizeObserver(() => this.refresh()).observe(this.video);
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.redraw());
  }

  // Takes over what the server says; what is watched goes on.
  update(data, report) {
    this.report = report;
    const isOther = this.id !== data.id;
    this.data = data;
    if (isOther || this.address !== data.rows) {
      this.rows = new Rows(data.rows, data.index, (name) => this.arrived(name));
      this.address = data.rows;
    }
    this.seconds = Math.max(data.index.seconds, 0.001);
    if (isOther) this.begin(data);
    const isAsked = data.at !== this.asked && !this.told.includes(data.at);
    this.asked = data.at;
    this.root.querySelector("[data-act=mark]").hidden = !data.toMark;
    if (isAsked || isOther) this.seek(data.at, false);
    if (this.chosen >= data.index.persons.length) this.chosen = 0;
    this.showNames();
    this.showLegend();
    this.redraw();
  }

  // Rows at the playhead come while it moves, and the chart shows them only where it is drawn of rows.
  arrived(name) {
    if (!name.startsWith("rows") || this.chart.drawsRows || this.rows.problem) this.redraw();
    else this.refresh();
  }

  begin(data) {
    this.id = data.id;
    this.pause();
    [this.from, this.to] = [0, this.seconds];
    this.chosen = 0;
    this.told = [];
    this.boxesShown = Boolean(data.video) && !data.video.drawn;
    const hasVideo = Boolean(data.video);
    this.root.classList.toggle("has-video", hasVideo);
    this.part(".stage").hidden = !hasVideo;
    for (const each of this.root.querySelectorAll(".with-video")) each.hidden = !hasVideo;
    this.part(".note").textContent = "";
    if (hasVideo) this.video.src = inRoot(data.video.url);
    else this.video.removeAttribute("src");
    this.video.setAttribute("aria-label", "Video of the session");
    this.plot.setAttribute("aria-valuemax", String(this.seconds));
  }

  get names() {
    return (person) => this.data.names[person] || `person ${person}`;
  }

  get hasVideo() {
    return Boolean(this.data && this.data.video) && !this.video.error;
  }

  // The session's time of the picture that is shown.
  get videoTime() {
    return (this.shownTime ?? this.video.currentTime) + this.data.video.start;
  }

  listenToVideo() {
    const { video } = this;
    this.shownTime = null;
    if (video.requestVideoFrameCallback) {
      const shown = (_, facts) => {
        this.shownTime = facts.mediaTime;
        this.follow();
        video.requestVideoFrameCallback(shown);
      };
      video.requestVideoFrameCallback(shown);
    } else {
      video.addEventListener("timeupdate", () => this.follow());
    }
    video.addEventListener("loadedmetadata", () => {
      this.part(".stage").style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
      this.seek(this.time, false);
    });
    video.addEventListener("seeked", () => this.seekOn());
    for (const name of ["pause", "ended"]) video.addEventListener(name, () => this.pause());
    video.addEventListener("error", () => {
      if (!video.getAttribute("src")) return;
      this.part(".stage").hidden = true;
      this.root.classList.remove("has-video");
      this.part(".note").textContent = "This browser cannot play the video; the chart works without it.";
      this.refresh();
    });
  }

  // The picture has moved on by itself.
  follow() {
    if (this.playing && this.hasVideo && !this.video.seeking) this.moveTo(this.videoTime);
    else this.refresh();
  }

  act(name) {
    const page = (this.to - this.from) / 10;
    const steps = {
      back: () => this.seek(this.rows.stepFrom(this.time, -1)),
      on: () => this.seek(this.rows.stepFrom(this.time, 1)),
      secondBack: () => this.seek(this.time - 1),
      secondOn: () => this.seek(this.time + 1),
      pageBack: () => this.seek(this.time - page),
      pageOn: () => this.seek(this.time + page),
      start: () => this.seek(0),
      end: () => this.seek(this.seconds),
      play: () => (this.playing ? this.pause() : this.play()),
      slower: () => this.setSpeed(SPEEDS[Math.max(0, SPEEDS.indexOf(this.speed) - 1)]),
      faster: () => this.setSpeed(SPEEDS[Math.min(SPEEDS.length - 1, SPEEDS.indexOf(this.speed) + 1)]),
      usual: () => this.setSpeed(1),
      boxes: () => { this.boxesShown = !this.boxesShown; },
      sound: () => { this.video.muted = !this.video.muted; },
      closer: () => this.zoom(1 / 2),
      wider: () => this.zoom(2),
      whole: () => this.zoomTo(0, this.seconds),
    };
    steps[name]();
    this.refresh();
  }

  play() {
    this.playing = true;
    if (this.time >= this.seconds - 1e-3) this.seek(0, false);
    this.video.playbackRate = this.speed;
    if (this.hasVideo) {
      this.video.play().catch(() => this.pause());
    } else {
      this.ticked = performance.now();
      requestAnimationFrame((now) => this.tick(now));
    }
    this.refresh();
  }

  // Without a video the playhead moves by the clock.
  tick(now) {
    if (!this.playing || !this.root.isConnected) return;
    this.moveTo(this.time + (this.speed * (now - this.ticked)) / 1000);
    this.ticked = now;
    if (this.time >= this.seconds) this.pause();
    else requestAnimationFrame((next) => this.tick(next));
  }

  pause() {
    if (!this.playing) return;
    this.playing = false;
    this.video.pause();
    this.rest();
    this.refresh();
  }

  setSpeed(speed) {
    this.speed = speed;
    this.video.playbackRate = speed;
    this.part(".speed").value = String(speed);
  }

  seek(time, tell = true) {
    this.moveTo(Math.max(0, Math.min(this.seconds, time)));
    if (this.hasVideo) this.seekVideo();
    if (tell) this.rest();
  }

  // One seek at a time: asked for at every move of the mouse, no picture would ever be shown.
  seekVideo() {
    const { video } = this;
    if (video.readyState < 1) return;
    if (video.seeking) {
      this.seekAgain = true;
      return;
    }
    const time = this.time - this.data.video.start + ROUNDING;
    video.currentTime = Math.max(0, Math.min(video.duration || Infinity, time));
  }

  seekOn() {
    if (this.seekAgain) {
      this.seekAgain = false;
      this.seekVideo();
    }
    this.refresh();
  }

  moveTo(time) {
    this.time = Math.max(0, Math.min(this.seconds, time));
    const span = this.to - this.from;
    if (this.time < this.from || this.time > this.to) {
      this.show(this.time - (this.playing ? 0 : span / 2), span);
    }
    this.refresh();
  }

  drag(time) {
    this.dragging = true;
    this.seek(time, false);
  }

  drop() {
    this.dragging = false;
    this.rest();
  }

  timeAt(share) {
    return this.from + share * (this.to - this.from);
  }

  zoom(factor) {
    const span = Math.max(NARROWEST, Math.min(this.seconds, factor * (this.to - this.from)));
    const share = (this.time - this.from) / (this.to - this.from);
    this.show(this.time - share * span, span);
  }

  zoomTo(from, to) {
    this.show(from, Math.max(Math.min(NARROWEST, this.seconds), to - from));
    if (this.time < this.from || this.time > this.to) this.seek(this.from);
  }

  centre(time) {
    const span = this.to - this.from;
    this.show(time - span / 2, span);
  }

  show(from, span) {
    this.from = Math.max(0, Math.min(this.seconds - span, from));
    this.to = Math.min(this.seconds, this.from + span);
    this.redraw();
  }

  showRange(from, to) {
    const chosen = this.part(".chosen");
    chosen.hidden = from === null;
    if (from === null) return;
    chosen.style.left = `${100 * Math.min(from, to)}%`;
    chosen.style.width = `${100 * Math.abs(to - from)}%`;
  }

  beginMark() {
    this.markFrom ??= this.time;
  }

  endMark() {
    if (this.markFrom === undefined) return;
    const [start, end] = [this.markFrom, this.time].sort((one, other) => one - other);
    this.markFrom = undefined;
    this.report("marked", { start, end: end - start < SHORTEST_MARK ? null : end });
  }

  // Tells the server where the playhead is, once it rests there.
  rest() {
    clearTimeout(this.resting);
    this.resting = setTimeout(() => {
      if (this.playing || this.dragging || this.told[this.told.length - 1] === this.time) return;
      this.told = [...this.told.slice(-20), this.time];
      this.report("rested", this.time);
    }, REST);
  }
}
