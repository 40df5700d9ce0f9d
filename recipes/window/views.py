"""Seeded views: the variation of ``emotion_core``'s augmentation, from numbers drawn by NumPy.

A *view* is every face of a dataset, varied once. Its random numbers depend on a seed and the
view's number alone, so a bank of teachers' logits needs to hold no pictures: who draws the same
numbers sees the same views (but for the grain of the noise).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
import torch.nn.functional as nn
from numpy.typing import NDArray
from torch import Tensor

from recipes.window.faces import SIDE

GAMMA_LIMIT: Final = 2.0
GRADIENT_LIMIT: Final = 0.5
BLUR_SIGMA: Final = 1.5
NOISE_SIGMA: Final = 12.0
JPEG_QUALITY: Final = (15.0, 60.0)
#: Faces varied at a time.
CHUNK: Final = 8192

_BLOCK: Final = 8
#: Luminance quantization table of the JPEG standard (ITU-T T.81, annex K.1).
_QUANTIZATION: Final = (
    (16, 11, 10, 16, 24, 40, 51, 61),
    (12, 12, 14, 19, 26, 58, 60, 55),
    (14, 13, 16, 24, 40, 57, 69, 56),
    (14, 17, 22, 29, 51, 87, 80, 62),
    (18, 22, 37, 56, 68, 109, 103, 77),
    (24, 35, 55, 64, 81, 104, 113, 92),
    (49, 64, 78, 87, 103, 121, 120, 101),
    (72, 92, 95, 98, 112, 100, 103, 99),
)

#: One number of 0..1 each for every face, in this order.
DRAWS: Final = (
    "angle", "zoom", "shift_x", "shift_y", "flip",
    "light", "gamma", "across", "down",
    "camera", "blur", "blur_share", "noise", "noise_sigma", "jpeg", "jpeg_quality",
    "erase", "erase_width", "erase_left", "erase_height", "erase_top",
)  # fmt: skip


@dataclass(frozen=True)
class Variation:
    """How far faces are varied; the fields are those of ``AugmentationConfig``, preset ``best``."""

    rotation_degrees: float = 12.0
    shift: float = 0.1
    zoom: float = 0.15
    erase_probability: float = 0.2
    light_probability: float = 0.25
    camera_probability: float = 0.15


def draw(seed: int, view: int, faces: int) -> NDArray[np.float32]:
    """Return the random numbers of a view, float32 ``[faces, len(DRAWS)]``, each 0..1."""
    random = np.random.Generator(np.random.PCG64([seed, view]))
    return random.random((faces, len(DRAWS)), np.float32)


def draw_mixture(seed: int, view: int, faces: int) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Return with which face each face of a view is mixed, and its own share, 0.5..1.

    Both ``[faces]``. Mixed faces (Zhang et al. 2018, "mixup") lie where no label does, so what
    teachers say of them was not learned by heart (Beyer et al. 2022, "Knowledge distillation: a
    good teacher is patient and consistent").
    """
    random = np.random.Generator(np.random.PCG64([seed, view, 1]))
    return random.permutation(faces), random.uniform(0.5, 1, faces).astype(np.float32)


def mix(partners: NDArray[np.int64], shares: NDArray[np.float32], values: Tensor) -> None:
    """Mix each row of ``values``, ``[N, ...]``, with its partner's, in place."""
    rows = torch.from_numpy(partners).to(values.device)
    share = torch.from_numpy(shares).to(values.device).to(values.dtype)
    # lerp_ reads the rows of its second argument, a copy, while it overwrites the first.
    values.lerp_(values[rows], (1 - share).reshape(-1, *[1] * (values.ndim - 1)))


def vary(images: Tensor, draws: NDArray[np.float32], variation: Variation, out: Tensor) -> Tensor:
    """Write a view of ``images``, uint8 ``[N, 48, 48]``, to ``out`` and return it.

    Args:
        images: on any device.
        draws: what ``draw`` returned for them.
        variation: how far.
        out: floating point ``[N, 48, 48]``, grey 0..255, on the same device.
    """
    numbers = torch.from_numpy(draws).to(images.device)
    for start in range(0, len(images), CHUNK):
        part = slice(start, start + CHUNK)
        out[part] = _varied(images[part].float(), _Draws(numbers[part]), variation)
    return out


class Views:
    """The views of a seed; the first ones are made once and kept.

    Args:
        images: uint8 ``[N, 48, 48]``, on any device.
        seed: of the views.
        variation: how far.
        kept: how many views are kept on the device, as float16: 132 MB each for FER2013.
    """

    def __init__(self, images: Tensor, seed: int, variation: Variation, kept: int = 0) -> None:
        self._images, self._seed, self._variation = images, seed, variation
        self._count, self._kept = kept, dict[int, Tensor]()

    def write(self, number: int, out: Tensor) -> None:
        """Write a view to ``out``, floating point ``[N, 48, 48]``, grey 0..255."""
        view = self._kept.get(number)
        if view is not None:
            out.copy_(view)
            return
        vary(self._images, draw(self._seed, number, len(self._images)), self._variation, out)
        if number < self._count:
            # A copy in any case: half() returns a float16 buffer itself, which the next view
            # overwrites. That cost a window on a GPU.
            self._kept[number] = out.to(torch.float16, copy=True)


class _Draws:
    """The columns of a table of draws by name, scaled."""

    def __init__(self, numbers: Tensor) -> None:
        self._numbers = numbers

    def range(self, name: str, low: float, high: float) -> Tensor:
        return low + (high - low) * self._numbers[:, DRAWS.index(name)]

    def hit(self, name: str, probability: float) -> Tensor:
        return self._numbers[:, DRAWS.index(name)] < probability

    def only(self, chosen: Tensor) -> _Draws:
        return _Draws(self._numbers[chosen])


def _varied(faces: Tensor, draws: _Draws, variation: Variation) -> Tensor:
    faces = _move(faces, draws, variation)
    lit = draws.hit("light", variation.light_probability)
    faces[lit] = _relight(faces[lit], draws.only(lit))
    filmed = draws.hit("camera", variation.camera_probability)
    for name, change in (("blur", _blur), ("noise", _add_noise), ("jpeg", _compress)):
        chosen = filmed & draws.hit(name, 0.5)
        faces[chosen] = change(faces[chosen], draws.only(chosen))
    erased = draws.hit("erase", variation.erase_probability)
    faces[erased] = _erase(faces[erased], draws.only(erased))
    return faces


def _move(faces: Tensor, draws: _Draws, variation: Variation) -> Tensor:
    limit = math.radians(variation.rotation_degrees)
    angle = draws.range("angle", -limit, limit)
    scale = 1 / draws.range("zoom", 1 - variation.zoom, 1 + variation.zoom)
    # Coordinates of grid_sample run from -1 to 1 between the centres of the outer pixels.
    reach = variation.shift * SIDE / ((SIDE - 1) / 2)
    mirror = torch.where(draws.hit("flip", 0.5), -1.0, 1.0)
    cosine, sine = torch.cos(angle) * scale, torch.sin(angle) * scale
    rows = (
        torch.stack([cosine * mirror, -sine, draws.range("shift_x", -reach, reach)], 1),
        torch.stack([sine * mirror, cosine, draws.range("shift_y", -reach, reach)], 1),
    )
    size = [len(faces), 1, SIDE, SIDE]
    grid = nn.affine_grid(torch.stack(rows, 1), size, align_corners=True)
    moved = nn.grid_sample(faces[:, None], grid, padding_mode="border", align_corners=True)
    return moved[:, 0]


def _relight(faces: Tensor, draws: _Draws) -> Tensor:
    limit = math.log(GAMMA_LIMIT)
    gamma = torch.exp(draws.range("gamma", -limit, limit))[:, None, None]
    faces = 255 * (faces.clamp(0, 255) / 255) ** gamma
    position = torch.linspace(-1, 1, SIDE, device=faces.device)
    across = draws.range("across", -GRADIENT_LIMIT, GRADIENT_LIMIT)[:, None, None]
    down = draws.range("down", -GRADIENT_LIMIT, GRADIENT_LIMIT)[:, None, None]
    light = 1 + across * position[None, None, :] + down * position[None, :, None]
    return faces * light / (1 + across.abs() + down.abs())


def _blur(faces: Tensor, draws: _Draws) -> Tensor:
    reach = math.ceil(2 * BLUR_SIGMA)
    kernel = torch.exp(
        -0.5 * (torch.arange(-reach, reach + 1, device=faces.device) / BLUR_SIGMA) ** 2
    )
    kernel = kernel / kernel.sum()

    def smooth(pictures: Tensor) -> Tensor:
        rows = nn.conv2d(pictures, kernel[None, None, :, None], padding=(reach, 0))
        return nn.conv2d(rows, kernel[None, None, None, :], padding=(0, reach))

    # Each view has another number of faces to blur: no search for the fastest kernel for each.
    with torch.backends.cudnn.flags(enabled=True, benchmark=False):
        # The border would darken, because convolution pads with black.
        blurred = smooth(faces[:, None]) / smooth(torch.ones_like(faces[:1, None]))
    return faces + draws.range("blur_share", 0, 1)[:, None, None] * (blurred[:, 0] - faces)


def _add_noise(faces: Tensor, draws: _Draws) -> Tensor:
    sigma = draws.range("noise_sigma", 0, NOISE_SIGMA)[:, None, None]
    return (faces + sigma * torch.randn_like(faces)).clamp(0, 255)


def _compress(faces: Tensor, draws: _Draws) -> Tensor:
    frequency, position = np.mgrid[:_BLOCK, :_BLOCK]
    table = np.cos((2 * position + 1) * frequency * math.pi / (2 * _BLOCK)) * math.sqrt(2 / _BLOCK)
    table[0] /= math.sqrt(2)
    basis = torch.tensor(table, dtype=torch.float32, device=faces.device)
    quality = draws.range("jpeg_quality", *JPEG_QUALITY)
    factor = torch.where(quality < 50, 50 / quality, 2 - quality / 50)
    coarse = torch.tensor(_QUANTIZATION, dtype=torch.float32, device=faces.device)
    steps = (factor[:, None, None] * coarse).round().clamp(min=1)[:, None, :, None, :]
    count = SIDE // _BLOCK
    blocks = (faces - 128).reshape(-1, count, _BLOCK, count, _BLOCK)
    spectrum = torch.einsum("nahbw,ih,jw->naibj", blocks, basis, basis)
    spectrum = (spectrum / steps).round() * steps
    blocks = torch.einsum("naibj,ih,jw->nahbw", spectrum, basis, basis)
    return (blocks.reshape(faces.shape) + 128).clamp(0, 255)


def _erase(faces: Tensor, draws: _Draws) -> Tensor:
    position = torch.arange(SIDE, device=faces.device)[None, :]

    def band(length_name: str, start_name: str) -> Tensor:
        length = draws.range(length_name, 0.2, 0.5) * SIDE
        start = draws.range(start_name, 0, 1) * (SIDE - length)
        return (position >= start[:, None]) & (position < (start + length)[:, None])

    hole = (
        band("erase_height", "erase_top")[:, :, None] & band("erase_width", "erase_left")[:, None]
    )
    return torch.where(hole, faces.mean((1, 2), keepdim=True), faces)
