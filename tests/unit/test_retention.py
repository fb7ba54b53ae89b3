"""What upstreams are told of how long a prompt is worth being kept."""

import re

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import chat_request, endpoint, workload
from wrp_proxy.retention import HEADER, retention_of, signals_for, with_retention
from wrp_proxy.types import Workload

_GRAMMAR = re.compile(rb"(\d|[1-9]\d|100)(; ttl=[1-9]\d*s)?")


def test_the_sooner_and_the_surer_the_next_request_the_longer_it_is_kept() -> None:
    by_worth = [
        workload(kind="batch"),
        workload(kind="chat"),
        workload(kind="chat", turn=9),
        workload(kind="agent"),
        workload(kind="tool_loop"),
    ]

    priorities = [retention_of(one).priority for one in by_worth]

    assert priorities == sorted(set(priorities))


def test_what_is_done_in_one_go_is_evicted_first() -> None:
    for one in (
        workload(kind="batch", turn=9),
        workload(kind="completion"),
        workload(api="embeddings"),
    ):
        assert retention_of(one).priority == 0


def test_a_tool_comes_back_within_seconds_and_a_person_within_minutes() -> None:
    in_loop, in_talk = workload(kind="tool_loop", turn=9), workload(turn=9)

    assert retention_of(in_loop).ttl_s == 30
    assert retention_of(in_talk).ttl_s == 300


@given(
    st.builds(
        workload,
        kind=st.sampled_from(["chat", "agent", "tool_loop", "batch", "completion"]),
        turn=st.integers(1, 1000),
        api=st.sampled_from(["chat", "embeddings", "messages"]),
    )
)
def test_the_header_keeps_its_grammar(asked: Workload) -> None:
    name, value = retention_of(asked).header

    assert name == HEADER
    assert _GRAMMAR.fullmatch(value)


def test_it_stands_behind_what_the_caller_has_passed_on() -> None:
    request = with_retention(chat_request(), workload(kind="tool_loop"))

    assert request.passed_on == ((b"x-kv-cache-priority", b"90; ttl=30s"),)


def test_turns_are_counted_only_where_somebody_is_told_of_them() -> None:
    opted_in = endpoint(retention_hints=True)

    assert signals_for([endpoint(), opted_in]) == {"conversation"}
    assert signals_for([endpoint()]) == frozenset()
