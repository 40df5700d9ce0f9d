// While a recording goes on, a link to another page asks first: the video would end with this page.
// Browsers ask by themselves when the tab is closed, if they are told to.
function leadsAway(event) {
  const link = event.target.closest?.("a[href]");
  if (!link || link.target === "_blank" || link.hasAttribute("download")) return false;
  if (event.button || event.ctrlKey || event.metaKey || event.shiftKey) return false;
  const to = new URL(link.href, location.href);
  return to.origin !== location.origin || to.pathname !== location.pathname;
}

export default function ({ parentElement, data }) {
  parentElement.question = data.question;
  if (!data.question) {
    parentElement.stopAsking?.();
  } else if (!parentElement.stopAsking) {
    const ask = (event) => {
      if (!leadsAway(event) || confirm(parentElement.question)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    };
    const warn = (event) => event.preventDefault();
    document.addEventListener("click", ask, true);
    window.addEventListener("beforeunload", warn);
    parentElement.stopAsking = () => {
      document.removeEventListener("click", ask, true);
      window.removeEventListener("beforeunload", warn);
      parentElement.stopAsking = null;
    };
  }
  return () => parentElement.stopAsking?.();
}
