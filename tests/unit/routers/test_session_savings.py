"""What staying with a model saves, against switching whenever another one seems better."""

import pytest

from tests.unit.clock import Clock
from tests.unit.routers.conversations import Changing, Told, converse
from wrp_proxy.routers.session import Session


def compared(spread: float) -> tuple[Told, Told]:
    """Return what the same conversations come to without the session layer, and with it."""
    clock = Clock()
    alone = converse(Changing(7, spread), clock, 200, seed=1)
    clock = Clock()
    return alone, converse(Session(Changing(7, spread), clock=clock), clock, 200, seed=1)


@pytest.mark.parametrize("spread", [0.3, 0.6])
def test_most_switches_are_spared_and_much_of_what_they_cost(spread: float) -> None:
    alone, staying = compared(spread)

    assert staying.turns == alone.turns
    assert staying.switches < 0.2 * alone.switches
    assert staying.input_usd < 0.6 * alone.input_usd
    assert staying.cost_usd < 0.75 * alone.cost_usd


def test_a_switch_that_gains_much_is_made_all_the_same() -> None:
    _, cautious = compared(spread=0.3)
    _, bolder = compared(spread=0.6)

    assert cautious.switches < bolder.switches
