// Corrections of the address that come before anybody has touched the page take its entry's place
// in the history, instead of adding one that Back would have to step over.
if (!window.emotionHistory) {
  window.emotionHistory = true;
  const push = history.pushState.bind(history);
  let untouched = true;
  history.pushState = (state, title, url) => {
    const elsewhere = new URL(url, location.href).pathname !== location.pathname;
    if (!elsewhere && untouched) {
      history.replaceState(state, title, url);
      return;
    }
    push(state, title, url);
    if (elsewhere) untouched = true;
  };
  for (const touch of ["pointerdown", "keydown"])
    window.addEventListener(touch, () => { untouched = false; }, { capture: true });
}
// On a narrow screen the names of the pages are in a menu over the page. Streamlit leaves it open
// once one has been chosen, and opens it with every later page.
if (!window.emotionMenu) {
  window.emotionMenu = true;
  document.addEventListener("click", (event) => {
    if (!event.target.closest?.('[data-testid="stSidebarNav"] a')) return;
    const close = () => document.querySelector('[data-testid="stSidebarCollapseButton"] button')?.click();
    setTimeout(close); // first the page is asked for
  });
}
