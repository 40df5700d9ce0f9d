"""The notice as a sheet to print and hang up where people pass; its words are in ``sheet.html``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import NoticeError
from emotion_core.system.html.pages import page_template

if TYPE_CHECKING:
    from markupsafe import Markup

#: A line under the video, for whoever is in view.
LINE: Final = (
    "A computer program is reading the expression of every face in this picture. It is often "
    "wrong, and it cannot tell what you feel."
)

#: Letters of an address: the code of a longer one is too fine to be read from a wall.
LONGEST_ADDRESS: Final = 300


def sheet_html(address: str, purpose: str = "") -> str:
    """Return the sheet as an HTML page that fits on one side of A4 or Letter.

    Who runs the app is typed into it in the browser, or written by hand on paper.

    Args:
        address: of a page that tells more: this app's page About, or one's own. Its QR code is on
            the sheet; empty: the sheet has none.
        purpose: what it is done for; empty: room to write it.

    Raises:
        NoticeError: the address is none that a telephone's browser opens.
    """
    address = address.strip()
    return page_template(Path(__file__).parent, "sheet.html").render(
        title="Your expression is read here",
        expressions=f"{', '.join(EMOTIONS[:-1])} and {EMOTIONS[-1]}",
        address=address,
        code=qr_code(address) if address else "",
        purpose=purpose,
    )


def qr_code(address: str) -> Markup:
    """Return the QR code of an address as an SVG element, which takes the width of its place.

    By ISO/IEC 18004, with error correction M: up to 15% of it may be dirty or torn.

    Raises:
        NoticeError: see ``sheet_html``.
    """
    # Only here: nobody prints a sheet on most visits.
    import segno
    from markupsafe import Markup

    check_address(address)
    code = segno.make(address, error="m", micro=False)
    # Its title is what a screen reader says.
    return Markup(code.svg_inline(omitsize=True, border=4, title=f"QR code of {address}"))


def check_address(address: str) -> None:
    """Refuse what no telephone's browser opens; an empty one does: the sheet has no code then.

    Raises:
        NoticeError: see ``sheet_html``.
    """
    if not address:
        return
    try:
        url = urlsplit(address)
        opens = url.scheme in ("http", "https") and bool(url.hostname)
    except ValueError:  # brackets that close nothing
        opens = False
    if not opens or len(address) > LONGEST_ADDRESS:
        raise NoticeError(
            f"expected an address that begins with http:// or https:// and has at most "
            f"{LONGEST_ADDRESS} letters, found {address[:80]!r}; correct it, or leave it empty for "
            "a sheet without a code"
        )
