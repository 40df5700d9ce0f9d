"""``/models``: which there are, and which one reads faces."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, Field

from emotion_core.api.access import needs
from emotion_core.models.in_use import model_in_use, put_to_use
from emotion_core.models.library import LibraryModel, Origin, list_models
from emotion_core.system.native import quiet_native_libraries

router = APIRouter(tags=["Models"])


class Model(BaseModel):
    """A model of the library."""

    name: str
    origin: Origin
    in_use: bool = Field(description="whether it reads faces, on every page and stream")
    bytes: int = Field(description="of all its files", ge=0)

    @classmethod
    def of(cls, model: LibraryModel, *, in_use: bool) -> Model:
        """Return what is told of a model."""
        return cls(name=model.name, origin=model.origin, in_use=in_use, bytes=model.size)


class Choice(BaseModel, extra="forbid"):
    """Which model to use."""

    name: str = Field(description="one of those that GET /models lists", max_length=255)


class Models(BaseModel):
    """All models that can be used."""

    models: list[Model]


@router.get("/models")
def models() -> Models:
    """List the models that can be used. Any token will do."""
    in_use = model_in_use().folder
    found = list_models().models
    return Models(models=[Model.of(each, in_use=each.folder == in_use) for each in found])


@router.put("/models/in-use", dependencies=[needs("admin")])
def use(choice: Choice) -> Model:
    """Let another model read faces, on open pages and running streams too. Needs *admin*."""
    model = list_models().find(choice.name)
    with quiet_native_libraries():
        put_to_use(model.folder)
    return Model.of(model, in_use=True)
