// What is drawn of a session: bins and rows, fetched in ranges of one file as somebody looks at them.
// The layout is that of emotion_core/sessions/viewing/packing.py.
const CELL_BYTES = 24;
const FRAME_BYTES = 12;
const ROW_BYTES = 24;
const SCORES = 7;
const TILE_BINS = 512; // bins that are fetched together
const MOST_FETCHES = 4; // at a time; others wait, and the newest of them comes first
const TRIES = 4; // a page that is just being built anew has its files back a moment later
const TRY_AGAIN = 700; // ms
const MOST_KEPT = 160; // pieces; an hour of four people is about 180 in all
const NO_ANSWER = 255;
const NO_PLACE = 0xffff;
const LONGEST_GAP = 1; // seconds

class Rows {
  constructor(address, index, changed) {
    this.address = address;
    this.index = index;
    this.changed = changed;
    this.pieces = new Map(); // by name; the one used last stands last
    this.waiting = [];
    this.fetching = new Set();
    this.problem = false;
  }

  get people() {
    return this.index.persons.length;
  }

  // The view of a piece, or null while it is fetched.
  piece(name, at, bytes) {
    const found = this.pieces.get(name);
    if (found) {
      this.pieces.delete(name);
      this.pieces.set(name, found);
      return found;
    }
    if (!this.fetching.has(name)) {
      this.waiting = this.waiting.filter((each) => each.name !== name);
      this.waiting.push({ name, at, bytes });
      this.fetchNext();
    }
    return null;
  }

  fetchNext() {
    while (this.waiting.length && this.fetching.size < MOST_FETCHES && !this.problem) {
      const next = this.waiting.pop();
      this.waiting.splice(0, this.waiting.length - 12); // what nobody looks at any more
      this.fetching.add(next.name);
      this.fetchPiece(next)
        .then((view) => this.keep(next.name, view))
        .catch(() => { this.problem = true; })
        .finally(() => {
          this.fetching.delete(next.name);
          this.changed(next.name);
          this.fetchNext();
        });
    }
  }

  async fetchPiece({ at, bytes }, tries = TRIES) {
    const range = { Range: `bytes=${at}-${at + bytes - 1}` };
    const answer = await fetch(this.address, { headers: range });
    if (!answer.ok) {
      if (tries <= 1) throw new Error(answer.statusText);
      await new Promise((go) => { setTimeout(go, TRY_AGAIN); });
      return this.fetchPiece({ at, bytes }, tries - 1);
    }
    const content = await answer.arrayBuffer();
    // A server between that knows no ranges sends all of it.
    return answer.status === 206 ? new DataView(content) : new DataView(content, at, bytes);
  }

  keep(name, view) {
    this.pieces.set(name, view);
    for (const oldest of this.pieces.keys()) {
      if (this.pieces.size <= MOST_KEPT) break;
      this.pieces.delete(oldest);
    }
  }

  // The level of which a bin is nearest to a pixel, or -1 where rows are to be drawn.
  levelFor(secondsPerPixel) {
    const { levels } = this.index;
    if (!levels.length || 2 * secondsPerPixel < levels[0].seconds) return -1;
    let level = 0;
    while (level + 1 < levels.length && levels[level + 1].seconds <= 2 * secondsPerPixel) level += 1;
    return level;
  }

  tile(level, number) {
    const { at, bins } = this.index.levels[level];
    const first = number * TILE_BINS;
    const count = Math.min(TILE_BINS, bins - first);
    const width = CELL_BYTES * this.people;
    return this.piece(`${level} ${number}`, at + first * width, count * width);
  }

  // Calls `each` with every bin of a person from one time to another; false where one is missing.
  eachBin(level, place, from, to, each) {
    const { seconds, bins } = this.index.levels[level];
    const first = Math.max(0, Math.floor(from / seconds) - 1);
    const last = Math.min(bins - 1, Math.ceil(to / seconds));
    let whole = true;
    for (let bin = first; bin <= last;) {
      const number = Math.floor(bin / TILE_BINS);
      const end = Math.min(last + 1, (number + 1) * TILE_BINS);
      const view = this.tile(level, number);
      if (!view) {
        whole = false;
        bin = end;
        each(null);
        continue;
      }
      for (; bin < end; bin += 1) {
        const at = ((bin - number * TILE_BINS) * this.people + place) * CELL_BYTES;
        if (view.getUint8(at + 3 * SCORES) === NO_ANSWER) continue;
        each({ view, at, start: bin * seconds, seconds });
      }
    }
    return whole;
  }

  chunkAt(time) {
    const { chunks } = this.index;
    let low = 0;
    let high = chunks.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (chunks[middle].seconds <= time + 1e-6) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  chunk(number) {
    const { at, frames, rows } = this.index.chunks[number];
    return this.piece(`rows ${number}`, at, frames * FRAME_BYTES + rows * ROW_BYTES);
  }

  // The frame that is shown at a time: { number, place, time, width, height, faces }, or null.
  frameAt(time) {
    const { chunks } = this.index;
    if (!chunks.length) return null;
    const number = this.chunkAt(time);
    const view = this.chunk(number);
    if (!view) return null;
    let low = 0;
    let high = chunks[number].frames - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (view.getUint32(middle * FRAME_BYTES, true) <= time * 1e4 + 1) low = middle;
      else high = middle - 1;
    }
    return this.frame(number, low);
  }

  frame(number, place) {
    const view = this.chunk(number);
    if (!view) return null;
    const { frames, rows } = this.index.chunks[number];
    const at = place * FRAME_BYTES;
    const first = view.getUint32(at + 8, true);
    const end = place + 1 < frames ? view.getUint32(at + FRAME_BYTES + 8, true) : rows;
    const faces = [];
    for (let row = first; row < end; row += 1) {
      const face = frames * FRAME_BYTES + row * ROW_BYTES;
      faces.push({
        box: [0, 2, 4, 6].map((offset) => view.getInt16(face + offset, true)),
        person: view.getUint32(face + 8, true),
        place: view.getUint16(face + 12, true),
        answer: view.getUint8(face + 14),
        scores: Array.from({ length: SCORES }, (_, score) => view.getUint8(face + 15 + score) / 255),
      });
    }
    return {
      number, place, faces,
      time: view.getUint32(at, true) / 1e4,
      width: view.getUint16(at + 4, true),
      height: view.getUint16(at + 6, true),
    };
  }

  // The time of the frame so many frames further; where its chunk is not there yet, by the usual step.
  stepFrom(time, steps) {
    const now = this.frameAt(time);
    const { chunks, step } = this.index;
    if (!now) return time + steps * (step || 0.04);
    let number = now.number;
    let place = now.place + steps;
    while (place < 0 && number > 0) place += chunks[--number].frames;
    while (place >= chunks[number].frames && number + 1 < chunks.length) {
      place -= chunks[number++].frames;
    }
    const there = this.frame(number, Math.max(0, Math.min(chunks[number].frames - 1, place)));
    return there ? there.time : time + steps * (step || 0.04);
  }

  // Calls `each` with every row of a person from one time to another; false where one is missing.
  eachRow(place, from, to, each) {
    const { chunks } = this.index;
    const last = chunks.length ? this.chunkAt(to) : -1;
    let whole = true;
    let before = -Infinity;
    for (let number = last < 0 ? 0 : this.chunkAt(from); number <= last; number += 1) {
      const view = this.chunk(number);
      if (!view) {
        whole = false;
        each(null);
        continue;
      }
      const { frames, rows } = chunks[number];
      for (let frame = 0; frame < frames; frame += 1) {
        const at = frame * FRAME_BYTES;
        const time = view.getUint32(at, true) / 1e4;
        const first = view.getUint32(at + 8, true);
        const end = frame + 1 < frames ? view.getUint32(at + FRAME_BYTES + 8, true) : rows;
        for (let row = first; row < end; row += 1) {
          const face = frames * FRAME_BYTES + row * ROW_BYTES;
          if (view.getUint16(face + 12, true) !== place) continue;
          each({ view, row: face, start: time, joined: time - before <= LONGEST_GAP + 1e-3 });
          before = time;
        }
      }
    }
    return whole;
  }
}
