// When the button or key of a mark was pressed, by the server's clock. What a button sends says
// nothing of it, and is handled only when the server has the time.
const EXCHANGES = 5;
const AGAIN_AFTER = 60_000; // ms: clocks drift

const here = () => (performance.timeOrigin + performance.now()) / 1000;

// As NTP compares clocks; the quickest of a few exchanges counts.
async function compared(address) {
  let best = null;
  for (let turn = 0; turn < EXCHANGES; turn++) {
    const sent = here();
    const answer = await fetch(address, { cache: "no-store" });
    const server = Number(await answer.text());
    const way = here() - sent;
    if (!answer.ok || !Number.isFinite(server)) return null;
    if (!best || way < best.way) best = { way, offset: server - (sent + way / 2) };
  }
  return best;
}

const writes = (element) => element?.matches?.("input, textarea, select, [contenteditable]");

function presses(event, place) {
  if (event.type === "pointerdown") return !event.button && event.target.closest?.(`${place} button`);
  if (event.repeat || event.ctrlKey || event.metaKey || event.altKey) return false;
  const inside = event.target.closest?.(`${place} button`) && /^( |Enter)$/.test(event.key);
  return inside || (/^\d$/.test(event.key) && !writes(event.target));
}

export default function ({ parentElement, data, setStateValue }) {
  // Called again on every rerun, with a new setter; begun and cleaned up once.
  parentElement.report = setStateValue;
  if (!parentElement.stop) {
    let clocks = null;
    const compare = async () => (clocks = (await compared(data.address).catch(() => null)) ?? clocks);
    const press = (event) => {
      if (!clocks || !presses(event, data.place)) return;
      const at = (performance.timeOrigin + event.timeStamp) / 1000 + clocks.offset;
      parentElement.report("at", at);
    };
    // Before Streamlit has it: what is told first, arrives first.
    window.addEventListener("pointerdown", press, true);
    window.addEventListener("keydown", press, true);
    // Whoever pressed Start is in the frame of the video, which would keep the keys, where a program
    // has begun to record.
    if (document.activeElement?.matches("iframe")) document.activeElement.blur();
    const timer = setInterval(compare, AGAIN_AFTER);
    compare();
    parentElement.stop = () => {
      clearInterval(timer);
      window.removeEventListener("pointerdown", press, true);
      window.removeEventListener("keydown", press, true);
      parentElement.stop = null;
    };
  }
  return () => parentElement.stop?.();
}
