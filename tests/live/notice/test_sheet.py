from __future__ import annotations

import cv2
import numpy as np
import pytest
import segno

from emotion_core.emotions import EMOTIONS
from emotion_core.errors import NoticeError
from emotion_core.live.notice.sheet import LONGEST_ADDRESS, check_address, qr_code, sheet_html

ADDRESS = "https://lab.example/study?group=a&b=<1>"


def test_it_says_what_is_done_and_fetches_nothing():
    html = sheet_html(ADDRESS, purpose='Art & <script>alert("x")</script>')
    assert all(emotion in html for emotion in EMOTIONS)
    assert "cannot tell what you feel" in html
    assert "Article 50" in html
    assert "Art &amp; &lt;script&gt;" in html
    assert "alert(&#34;x" in html
    assert "group=a&amp;b=&lt;1&gt;" in html
    for fetched in ("src=", "href=", "url(", "@import"):
        assert fetched not in html


def test_the_code_leads_to_the_address():
    """Read back by OpenCV; drawn by the same library that makes the sheet's SVG."""
    code = str(qr_code(ADDRESS))
    assert code.startswith("<svg")
    assert "width=" not in code.split(">")[0]  # so that the sheet says how large
    modules = np.array([list(row) for row in segno.make(ADDRESS, error="m", micro=False).matrix])
    picture = np.kron(np.pad(1 - modules, 4, constant_values=1), np.ones((8, 8)))
    read, *_ = cv2.QRCodeDetector().detectAndDecode((255 * picture).astype(np.uint8))
    assert read == ADDRESS
    assert f'viewBox="0 0 {len(modules) + 8} ' in code


def test_without_an_address_there_is_no_code():
    assert "<svg" in sheet_html(ADDRESS)
    assert "<svg" not in sheet_html(" ")


@pytest.mark.parametrize(
    "address",
    [
        "lab.example",
        "javascript:alert(1)",
        "http://",
        "http://[",
        f"http://a/{'b' * LONGEST_ADDRESS}",
    ],
)
def test_what_no_telephone_opens_is_refused(address):
    with pytest.raises(
        NoticeError,
        match=r"expected an address that begins with http:// or https:// and has at most 300 "
        r"letters, found '.+'; correct it, or leave it empty for a sheet without a code",
    ):
        check_address(address)
    with pytest.raises(NoticeError):
        sheet_html(address)
