"""What the other processes of the app say, where there are several behind one proxy."""

from __future__ import annotations

import asyncio
from typing import Final

import httpx
from fastapi import Request

from emotion_core.system.processes.siblings import own_place

#: Seconds for which a busy process is waited for; the first request of all lets it load much.
PATIENCE: Final = 5.0


async def ask_siblings(
    request: Request, path: str, *, only: int | None = None
) -> dict[int, str | None]:
    """Ask the others the same, by the same token: it may no more there than here.

    Args:
        request: who asks.
        path: what for.
        only: the number of the one to ask; all of them when left out.

    Returns:
        What each has answered, by its number; None for one that did not in time. One that is not
        there is left out: whatever it had has ended with it.
    """
    siblings = own_place().others
    if only is not None:
        siblings = {only: siblings[only]}
    if not siblings:
        return {}
    headers = {"Authorization": request.headers.get("authorization", "")}
    # Each answers to this name, whatever the one is by which it is found.
    headers["Host"] = "127.0.0.1"
    # Straight to them: no proxy that the environment may name.
    async with httpx.AsyncClient(timeout=PATIENCE, trust_env=False) as client:

        async def ask(address: str) -> str | None:
            try:
                answer = await client.get(f"http://{address}{path}", headers=headers)
            except httpx.ConnectError:
                return ""
            except httpx.HTTPError:
                return None
            return answer.text if answer.status_code == httpx.codes.OK else None

        answers = await asyncio.gather(*map(ask, siblings.values()))
    return {
        number: answer for number, answer in zip(siblings, answers, strict=True) if answer != ""
    }
