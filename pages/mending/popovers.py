"""Keeps the focus where the keyboard works: in a popover that it opens, and on a tab."""

from __future__ import annotations

from typing import Final

import streamlit as st

# What a popover holds stands at the end of the page: the next press of Tab led behind it, and only
# after all the rest of the page into it. Who opens one with the mouse looks where they want to go.
# A tab is disabled for a moment in a run whose messages come one by one, as on a busy machine, and
# the browser takes the focus from what is disabled: the next arrow key led nowhere.
_SCRIPT: Final = """
if (!window.emotionPopovers) {
  window.emotionPopovers = true;
  const inside = 'input, textarea, button, [tabindex]:not([tabindex="-1"])';
  let opener = null, back = null;
  new MutationObserver((changes) => {
    for (const change of changes)
      for (const node of change.addedNodes) {
        const body = node.querySelector?.('[data-testid="stPopoverBody"]');
        const focused = document.activeElement;
        if (!body || focused?.dataset.testid !== "stPopoverButton") continue;
        if (!focused.matches(":focus-visible")) continue;
        opener = focused;
        // What it holds is drawn a moment later.
        const into = (tries) => {
          const first = body.querySelector(inside) || (tries ? null : body);
          if (!first) return setTimeout(into, 50, tries - 1);
          if (first === body) body.tabIndex = -1;  // text alone: to be read from its beginning
          first.focus({ focusVisible: true });
        };
        setTimeout(into, 50, 10);
      }
  }).observe(document.body, { childList: true, subtree: true });
  window.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !event.target.closest?.('[data-testid="stPopoverBody"]')) return;
    back = setTimeout(() => opener?.isConnected && opener.focus({ focusVisible: true }), 100);
  }, { capture: true });

  let tab = null;
  addEventListener("focusin", ({ target }) => {
    tab = target.role === "tab" ? target : null;
    if (target !== opener) clearTimeout(back);  // who went on is not called back
  });
  addEventListener("pointerdown", () => { tab = null; }, { capture: true });
  new MutationObserver((changes) => {
    const enabled = changes.some(({ target }) => target === tab && !tab.dataset.disabled);
    if (enabled && document.activeElement === document.body) tab.focus({ focusVisible: true });
  }).observe(document.body, { attributeFilter: ["data-disabled"], subtree: true });
}
"""


def focus_what_opens() -> None:
    """Add the script to the page; call it on every run, for a reload takes it away."""
    st._event.html(f"<script>{_SCRIPT}</script>", unsafe_allow_javascript=True)
