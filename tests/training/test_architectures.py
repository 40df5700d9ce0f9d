import pytest

from emotion_core.training.architectures import ARCHITECTURES, deployed_cost
from emotion_core.training.networks.network import NetworkShape, build_network, multiply_accumulates


@pytest.mark.parametrize("name", ARCHITECTURES)
def test_the_cost_is_known_without_building(name):
    known = ARCHITECTURES[name]
    assert deployed_cost(name, known.filters, known.depths) == (
        known.parameters,
        known.multiply_accumulates,
    )


@pytest.mark.parametrize("name", ARCHITECTURES)
@pytest.mark.parametrize(
    ("filters", "depths"),
    [((4,), (1,)), ((4, 4, 12), (2, 1, 3)), ((8, 16, 16, 40, 8), (1, 1, 2, 1, 1))],
)
@pytest.mark.parametrize("border", [0, 2, 4])
def test_it_is_what_the_network_costs(name, filters, depths, border):
    network = build_network(name, NetworkShape(filters, depths, deployed=True, border=border))
    expected = network.count_params(), multiply_accumulates(network)
    assert deployed_cost(name, filters, depths, border) == expected
