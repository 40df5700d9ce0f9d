from __future__ import annotations

import asyncio
import time

import httpx
from starlette.applications import Starlette

from pages.viewer.server_time import ADDRESS, route


def test_the_time_is_told_as_it_is_and_kept_by_nobody():
    async def ask() -> httpx.Response:
        app = httpx.ASGITransport(Starlette(routes=[route]))
        async with httpx.AsyncClient(transport=app, base_url="http://localhost") as client:
            return await client.get(f"/{ADDRESS}")

    before = time.monotonic()
    answer = asyncio.run(ask())
    assert before <= float(answer.text) <= time.monotonic()
    assert answer.headers["cache-control"] == "no-store"
