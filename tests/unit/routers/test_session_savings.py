"""What staying with a model saves, against switching whenever another one seems better."""

import pytest

from sessions import AGENT, CHAT, Habit, compared


@pytest.mark.parametrize("spread", [0.3, 0.6])
@pytest.mark.parametrize(("habit", "saved"), [(CHAT, 0.25), (AGENT, 0.6)], ids=["chat", "agent"])
def test_most_switches_are_spared_and_much_of_what_they_cost(
    habit: Habit, saved: float, spread: float
) -> None:
    alone, staying = compared(habit, spread, 200)

    assert staying.turns == alone.turns
    assert staying.switches < 0.2 * alone.switches
    assert staying.cost_usd < (1 - saved) * alone.cost_usd


def test_a_switch_that_gains_much_is_made_all_the_same() -> None:
    _, cautious = compared(CHAT, 0.3, 200)
    _, bolder = compared(CHAT, 0.6, 200)

    assert cautious.switches < bolder.switches
