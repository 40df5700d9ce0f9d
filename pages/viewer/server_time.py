"""What time it is on the server, for a page's script that has to tell when a key was pressed."""

from __future__ import annotations

import time
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

#: Where a page asks, beside its own address.
ADDRESS: Final = "server-time"


async def tell_time(_: Request) -> PlainTextResponse:
    """Answer with the seconds of ``time.monotonic``: of no use to anybody but to compare."""
    return PlainTextResponse(repr(time.monotonic()), headers={"cache-control": "no-store"})


route: Final = Route(f"/{ADDRESS}", tell_time)
