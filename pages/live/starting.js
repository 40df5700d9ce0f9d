// When it has become somebody's turn, this presses Start for them, once. streamlit-webrtc can be told
// to start by itself, but then does so twice where the page is drawn again just as it begins, and
// the video cannot connect. The frame has the same origin as the page.
const TRY_AGAIN = 200; // ms: the frame may not be there yet
const PATIENCE = 30_000; // ms

function buttonOf(name) {
  for (const frame of document.querySelectorAll('iframe[title*="webrtc_streamer"]')) {
    for (const button of frame.contentDocument?.querySelectorAll("button:enabled") ?? []) {
      if (button.textContent.trim().toLowerCase() === name) return button;
    }
  }
  return null;
}

export default function ({ parentElement, data }) {
  // Called again on every rerun; begun once for each turn, and cleaned up once.
  if (parentElement.turn !== data.turn) {
    parentElement.turn = data.turn;
    const begun = performance.now();
    clearInterval(parentElement.timer);
    parentElement.timer = setInterval(() => {
      const start = buttonOf("start");
      // Whoever was quicker has started, and may have stopped again.
      const over = start || buttonOf("stop") || performance.now() - begun > PATIENCE;
      if (over) clearInterval(parentElement.timer);
      start?.click();
    }, TRY_AGAIN);
  }
  return () => clearInterval(parentElement.timer);
}
