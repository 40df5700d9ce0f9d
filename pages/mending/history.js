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
