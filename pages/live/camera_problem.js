// streamlit-webrtc shows the browser's error inside its own frame, in the browser's words, and tells
// Python nothing. This reads it there, and hides it: the page says the same in words that help. So
// it does of a slow connection. The frame has the same origin as the page.
const ERROR = ".MuiAlert-colorError .MuiAlert-message";
const STYLE = "the-page-says-it";

function hideAlertsOf(frame) {
  const head = frame.contentDocument?.head;
  if (!head || frame.contentDocument.getElementById(STYLE)) return;
  const style = frame.contentDocument.createElement("style");
  style.id = STYLE;
  // Before any alert is there: the frame is as high as what is shown in it.
  style.textContent = ".MuiAlert-root { display: none !important; }";
  head.append(style);
}

// The choice of cameras says "No camera can be opened (Starting videoinput failed)": the words in
// brackets are the browser's, and help nobody.
function hideBracketsOf(frame) {
  for (const element of frame.contentDocument?.querySelectorAll("div, p, span") ?? []) {
    const parts = [...element.childNodes];
    if (parts.length !== 4 || parts.some((part) => part.nodeType !== Node.TEXT_NODE)) continue;
    if (parts[1].data !== " (" || parts[3].data !== ")") continue;
    for (const part of parts.slice(1)) part.data = "";
  }
}

function currentProblem() {
  let problem = "";
  for (const frame of document.querySelectorAll('iframe[title*="webrtc_streamer"]')) {
    hideAlertsOf(frame);
    hideBracketsOf(frame);
    problem ||= frame.contentDocument?.querySelector(ERROR)?.textContent ?? "";
  }
  return problem;
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
