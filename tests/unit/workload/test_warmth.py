"""Beginnings that were seen lately are warm, and cool down."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clock import Clock
from tests.unit.workload.asking import assistant, prompt, system, tool, user
from wrp_proxy.workload.prompt import Prompt
from wrp_proxy.workload.warmth import Warmth

KB = 1024


def numbered(size: int, start: int = 0) -> str:
    """A text that nowhere repeats itself."""
    return " ".join(map(str, range(start, start + size)))[:size]


def read(warmth: Warmth, one: Prompt) -> float:
    return warmth.read(one, {})["warmth"]


def test_a_new_prompt_is_cold() -> None:
    assert read(Warmth(Clock()), prompt(user(numbered(9 * KB)))) == 0


def test_the_same_prompt_again_is_warm_but_for_its_last_block() -> None:
    warmth, one = Warmth(Clock()), prompt(user(numbered(9 * KB + 500)))

    read(warmth, one)

    assert read(warmth, one) == pytest.approx(9 * KB / (9 * KB + 501))


def test_half_of_the_warmth_is_lost_in_a_minute() -> None:
    clock = Clock()
    warmth, one = Warmth(clock), prompt(user(numbered(8 * KB)))
    read(warmth, one)

    clock.now += 60

    assert read(warmth, one) == pytest.approx(0.5, abs=0.001)


def test_after_ten_minutes_all_is_cold() -> None:
    clock = Clock()
    warmth, one = Warmth(clock), prompt(user(numbered(8 * KB)))
    read(warmth, one)

    clock.now += 600

    assert read(warmth, one) == 0


def test_a_conversation_that_goes_on_is_warm_as_far_as_it_was() -> None:
    warmth = Warmth(Clock())
    begun = [system(numbered(6 * KB)), user("One?")]
    read(warmth, prompt(*begun))

    longer = prompt(*begun, assistant(numbered(6 * KB, 50_000)), user("Two?"))

    assert read(warmth, longer) == pytest.approx(0.5, abs=0.02)


def test_only_what_begins_alike_is_warm() -> None:
    warmth, text = Warmth(Clock()), numbered(8 * KB)
    read(warmth, prompt(user(text)))

    assert read(warmth, prompt(user("x" + text))) == 0


def test_tenants_share_nothing() -> None:
    warmth, text = Warmth(Clock()), numbered(8 * KB)
    read(warmth, prompt(user(text), tenant="alice"))

    assert read(warmth, prompt(user(text), tenant="bob")) == 0


def test_tools_stand_before_the_messages() -> None:
    warmth, tools = Warmth(Clock()), [tool(number, 2000) for number in range(8)]
    read(warmth, prompt(user("One?"), tools=tools))

    assert read(warmth, prompt(user("Two?"), tools=tools)) > 0.9
    assert read(warmth, prompt(user("Two?"), tools=tools[1:])) == 0


def test_a_prompt_of_a_busy_agent_is_seen_to_its_end() -> None:
    warmth, one = Warmth(Clock()), prompt(user(numbered(300 * KB)))

    read(warmth, one)

    assert read(warmth, one) > 0.94


def test_what_was_seen_the_longest_ago_makes_room() -> None:
    warmth = Warmth(Clock(), most_blocks=20)
    first, second, third = (prompt(user(numbered(8 * KB, 10_000 * n))) for n in range(3))
    read(warmth, first)
    read(warmth, second)
    read(warmth, first)

    read(warmth, third)

    assert read(warmth, first) > 0.9
    assert read(warmth, second) < 0.6


@given(st.lists(st.text(max_size=3000), max_size=4))
def test_it_is_a_share(texts: list[str]) -> None:
    warmth, one = Warmth(Clock()), prompt(*map(user, texts))

    assert read(warmth, one) == 0
    assert 0 <= read(warmth, one) <= 1
