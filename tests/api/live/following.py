"""How a program reads server-sent events, in a few lines; for tests."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx


def events_of(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    """Return the name and data of each event as it comes; signs of life are passed over."""
    name = data = ""
    for line in answer.iter_lines():
        if not line:
            if data:
                yield name, json.loads(data)
            name = data = ""
        elif line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data += line.removeprefix("data: ")
