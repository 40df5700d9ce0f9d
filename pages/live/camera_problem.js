// streamlit-webrtc shows the browser's error inside its own frame and tells Python nothing: this
// reads it there. The frame has the same origin as the page.
const ERROR = ".MuiAlert-colorError .MuiAlert-message";

function currentProblem() {
  for (const frame of document.querySelectorAll('iframe[title*="webrtc_streamer"]')) {
    const message = frame.contentDocument?.querySelector(ERROR);
    if (message) return message.textContent;
  }
  return "";
}

export default function ({ parentElement, setStateValue }) {
  // Called again on every rerun, with a new setter; cleaned up once.
  parentElement.report = setStateValue;
  parentElement.timer ??= setInterval(() => {
    const problem = currentProblem();
    if (problem === (parentElement.reported ?? "")) return;
    parentElement.reported = problem;
    parentElement.report("problem", problem);
  }, 300);
  return () => clearInterval(parentElement.timer);
}
