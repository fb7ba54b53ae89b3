"""A fleet serves every request that fits, in order, and never more at once than it can."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.unit.simulation.fleets import alone, pool, trace, waits
from wrp_proxy.simulation.fleet import Fleet, PoolSpec
from wrp_proxy.simulation.ledger import Ledger
from wrp_proxy.simulation.replay import Replay, replay
from wrp_proxy.simulation.replica import Replica
from wrp_proxy.simulation.routing import REFUSED
from wrp_proxy.simulation.trace import Counts, Trace, trace_of

EPSILON = 1e-6

lengths = some.tuples(
    some.floats(0, 3), some.integers(0, 120), some.integers(0, 40), some.integers(0, 160)
)
traces = some.lists(lengths, max_size=40).map(
    lambda rows: trace_of(
        np.cumsum([row[0] for row in rows]), *([row[n] for row in rows] for n in (1, 2, 3))
    )
)
specs: some.SearchStrategy[dict[str, Any]] = some.fixed_dictionaries(
    {
        "replicas": some.integers(1, 3),
        "slots": some.integers(1, 4),
        "prefill_tokens_per_s": some.sampled_from([50.0, 1e9]),
        "base_s": some.sampled_from([0.1, 1.0]),
        "per_sequence_s": some.sampled_from([0.0, 0.3]),
        "kv_tokens": some.sampled_from([None, 150]),
    }
)
fleets = some.builds(
    lambda short, long, boundary, spillover: Fleet(
        pools=(
            pool(**short, name="short", window=60),
            pool(**long, name="long", window=150),
        ),
        boundary_tokens=boundary,
        spillover=spillover,
    ),
    specs,
    specs,
    some.integers(1, 60),
    some.sampled_from([None, 0.0, 0.5, 1.0]),
)


def together(run: Replay, number: int) -> int:
    """Return how many requests a pool had in its slots at the same time."""
    here = run.pool == number
    begun, ended = run.start_s[here], run.finish_s[here]
    events = [(second - EPSILON, -1) for second in ended] + [(second, 1) for second in begun]
    steps = [step for _, step in sorted(events)]
    return max(itertools.accumulate(steps), default=0)


@given(traces, fleets)
@settings(max_examples=30, deadline=None)
def test_every_request_is_served_once_or_refused(requests: Trace, fleet: Fleet) -> None:
    run = replay(requests, fleet)

    refused = run.pool == REFUSED
    assert (refused == (requests.needed_tokens > 150)).all()
    assert (run.finish_s[refused] == -1).all()
    served = ~refused
    assert (run.start_s >= requests.arrival_s - EPSILON)[served].all()
    assert (run.first_token_s >= run.start_s)[served].all()
    assert (run.finish_s >= run.first_token_s)[served].all()
    assert (run.finish_s <= run.span_s + EPSILON)[served].all()


@given(traces, fleets)
@settings(max_examples=30, deadline=None)
def test_no_request_is_sent_to_a_window_that_it_does_not_fit(requests: Trace, fleet: Fleet) -> None:
    run = replay(requests, fleet)

    for number, spec in enumerate(fleet.pools):
        here = run.pool == number
        assert (requests.needed_tokens[here] <= spec.window).all()
        assert (requests.input_tokens + run.served_tokens)[here].max(initial=0) <= spec.window


@given(traces, fleets)
@settings(max_examples=30, deadline=None)
def test_no_slot_is_taken_twice(requests: Trace, fleet: Fleet) -> None:
    run = replay(requests, fleet)

    for number, (spec, did) in enumerate(zip(fleet.pools, run.runs, strict=True)):
        places = spec.replicas * spec.slots
        if not did.preemptions:
            assert together(run, number) <= places
        assert did.busy_slot_s <= places * requests.span_s + EPSILON
        assert did.prefill_s <= spec.replicas * requests.span_s + EPSILON


@given(traces, fleets)
@settings(max_examples=30, deadline=None)
def test_who_comes_first_has_a_slot_first(requests: Trace, fleet: Fleet) -> None:
    run = replay(requests, fleet)

    for number in range(2):
        assert (np.diff(run.start_s[run.pool == number]) >= 0).all()


@given(traces, fleets)
@settings(max_examples=30, deadline=None)
def test_a_replay_is_always_the_same(requests: Trace, fleet: Fleet) -> None:
    first, second = replay(requests, fleet), replay(requests, fleet)

    assert first.finish_s.tobytes() == second.finish_s.tobytes()
    assert first.runs == second.runs


@given(traces, specs)
@settings(max_examples=30, deadline=None)
def test_what_is_preempted_is_served_in_full_all_the_same(
    requests: Trace, spec: dict[str, Any]
) -> None:
    tight = pool(**{**spec, "window": 150, "kv_tokens": 150})

    run = alone(tight, requests)

    served = run.pool >= 0
    steps = run.finish_s - run.first_token_s
    least = run.served_tokens * tight.step_s(1)
    assert (steps >= least * (1 - EPSILON) - EPSILON)[served].all()
    if tight.slots == 1:
        assert run.runs[0].preemptions == 0


def test_a_request_takes_its_prompt_and_its_steps() -> None:
    spec = pool(prefill_tokens_per_s=100.0, base_s=0.1, per_sequence_s=0.02)

    run = alone(spec, trace((0, 50, 10)))

    assert run.first_token_s == pytest.approx([0.5])
    assert run.finish_s == pytest.approx([0.5 + 10 * 0.12])


def test_a_larger_batch_is_slower_for_all_of_it() -> None:
    spec = pool(slots=2, base_s=1.0, per_sequence_s=1.0)

    run = alone(spec, trace((0, 0, 4), (4, 0, 4)))

    # Two steps of 2 s alone, two of 3 s together, then two of 2 s alone.
    assert run.finish_s == pytest.approx([10, 14])


def test_prompts_are_computed_one_after_the_other() -> None:
    run = alone(pool(slots=3, prefill_tokens_per_s=100.0), trace((0, 300, 1), (0, 50, 1)))

    assert run.first_token_s == pytest.approx([3.0, 3.5])
    assert waits(run) == pytest.approx([0, 0])


def test_the_least_busy_replica_is_chosen() -> None:
    run = alone(pool(replicas=2, slots=2, per_sequence_s=1.0), trace((0, 0, 6), (0, 0, 6)))

    assert run.finish_s == pytest.approx([12, 12])


def test_a_full_cache_preempts_the_latest_and_computes_it_again() -> None:
    spec = pool(slots=2, window=100, kv_tokens=100, prefill_tokens_per_s=100.0)

    run = alone(spec, trace((0, 40, 40), (0, 30, 20)))

    # From 0.4 s one decodes, from 0.7 s two: 30 tokens of room, in 15 s and a bit.
    assert run.runs[0].preemptions == 1
    assert run.finish_s[0] == pytest.approx(40.4)
    assert run.first_token_s[1] == pytest.approx(0.7)
    made = 15 - 0.15
    assert run.finish_s[1] == pytest.approx(40.4 + (30 + made) / 100 + 20 - made)


def two(**more: Any) -> Fleet:
    short: PoolSpec = pool(name="short", window=50, slots=2)
    return Fleet(pools=(short, replace(short, name="long", window=200)), **more)


def pools_of(run: Replay) -> Counts:
    return run.pool


def test_the_boundary_tells_short_from_long() -> None:
    run = replay(trace((0, 20, 20), (1, 20, 21), (2, 190, 11)), two(boundary_tokens=40))

    assert pools_of(run).tolist() == [0, 1, REFUSED]


def test_a_loaded_pool_spills_over_where_the_other_can_take_it() -> None:
    requests = trace(*[(0, 20, 20)] * 6)

    run = replay(requests, two(boundary_tokens=40, spillover=1.0))

    # When both are full, nobody can take what the preferred one cannot.
    assert pools_of(run).tolist() == [0, 0, 1, 1, 0, 0]


def test_nothing_spills_over_to_a_window_that_does_not_fit() -> None:
    run = replay(trace(*[(0, 60, 20)] * 4), two(boundary_tokens=40, spillover=0.5))

    assert pools_of(run).tolist() == [1, 1, 1, 1]


def test_an_answer_longer_than_expected_ends_with_the_window() -> None:
    requests = trace_of([0, 0], [20, 20], [60, 5], [30, 25])

    run = replay(requests, two(boundary_tokens=40))

    assert run.served_tokens.tolist() == [30, 5]
    assert run.finish_s == pytest.approx([30, 5])


@given(traces, specs)
@settings(max_examples=30, deadline=None)
def test_no_cache_holds_more_than_it_can(requests: Trace, spec: dict[str, Any]) -> None:
    tight = pool(**{**spec, "window": 150, "kv_tokens": 150})
    part = requests.part(requests.total_tokens <= 150)
    ledger = Ledger(part)
    replica = Replica(tight, ledger, 0, 0)
    waiting, now_s = list(range(len(part))), 0.0

    while waiting or replica.running:
        tokens = ledger.prompt[waiting[0]] if waiting else 0.0
        if waiting and replica.running < tight.slots and replica.has_room(tokens, now_s):
            replica.admit(waiting.pop(0), now_s)
        else:
            now_s = replica.due_s
            dropped = replica.happen(now_s)
            waiting = waiting if dropped is None else [dropped, *waiting]

        assert replica.used_tokens <= 150 + EPSILON
        assert 0 <= replica.running <= tight.slots
    assert replica.used_tokens == pytest.approx(0, abs=EPSILON)
