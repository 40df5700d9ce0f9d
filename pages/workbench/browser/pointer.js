// What the mouse and fingers do on the chart, under the video and on the bar that scrolls.
const SMALLEST_RANGE = 6; // px; less is a click with an unsteady hand

function dragged(element, begin, move, end) {
  let active = null;
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    active = event.pointerId;
    element.setPointerCapture(active);
    begin(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (event.pointerId === active) move(event);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    element.addEventListener(name, (event) => {
      if (event.pointerId !== active) return;
      active = null;
      end(event);
    });
  }
}

function shareOf(element, event) {
  const box = element.getBoundingClientRect();
  return Math.max(0, Math.min(1, (event.clientX - box.left) / Math.max(1, box.width)));
}

function listenToPointer(root, player) {
  const plot = root.querySelector(".plot");
  const seek = root.querySelector(".seek");
  const scroll = root.querySelector(".scroll");
  let from = null; // where a range begins, as a share of the plot
  dragged(plot, (event) => {
    from = event.shiftKey ? shareOf(plot, event) : null;
    if (from === null) player.drag(player.timeAt(shareOf(plot, event)));
  }, (event) => {
    if (from === null) player.drag(player.timeAt(shareOf(plot, event)));
    else player.showRange(from, shareOf(plot, event));
  }, (event) => {
    const to = shareOf(plot, event);
    player.showRange(null, null);
    if (from === null) player.drop();
    else if (Math.abs(to - from) * plot.clientWidth >= SMALLEST_RANGE) {
      player.zoomTo(player.timeAt(Math.min(from, to)), player.timeAt(Math.max(from, to)));
    }
    from = null;
  });
  const seekTo = (event) => player.drag(shareOf(seek, event) * player.seconds);
  dragged(seek, seekTo, seekTo, () => player.drop());
  const scrollTo = (event) => player.centre(shareOf(scroll, event) * player.seconds);
  dragged(scroll, scrollTo, scrollTo, () => {});
  root.querySelector("video").addEventListener("click", () => player.act("play"));
}
