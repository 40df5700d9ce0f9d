"""Branches that help while a network learns are one kernel afterwards."""

from __future__ import annotations

import pytest

torch = pytest.importorskip(
    "torch", reason="the recipe runs on PyTorch, which the app does not need"
)


@pytest.mark.parametrize("branches", [False, True])
def test_folded_kernels_give_the_same_logits(branches):
    from recipes.window.networks import Vgg

    torch.manual_seed(0)
    shape = {"filters": (4, 8), "depths": (2, 2), "border": 4, "dropout": 0.0}
    network = Vgg(**shape, branches=branches)
    faces = torch.rand(8, 48, 48) * 255
    network.train()
    for _ in range(3):  # so that the moments of batch norm are not those it began with
        network(faces)
    network.eval()
    plain = Vgg(**shape).eval()
    plain.logits = network.logits
    for number, (kernel, bias) in enumerate(network.folded()):
        plain.convolutions[number].weight.data = kernel
        norm = plain.norms[number]
        norm.running_var.fill_(1 - norm.eps)
        norm.bias.data = bias
    torch.testing.assert_close(plain(faces), network(faces), rtol=1e-4, atol=1e-4)
