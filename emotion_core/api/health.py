"""``/health`` and ``/ready``: whether the app is there, and whether its model answers."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

router = APIRouter(tags=["Health"])


class Health(BaseModel):
    """The app is there."""

    status: Literal["ok"] = Field(description="always this: whoever answers is there")


@router.get("/health")
async def health() -> Health:
    """Tell that the app is there. Needs no token."""
    return Health(status="ok")
