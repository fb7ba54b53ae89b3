"""By what the balancers differ."""

from tests.unit.clock import Clock
from tests.unit.nouns import workload
from tests.unit.pool.states import answer, balancer, chosen, state, states, turns
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Price

ANY = workload()


def wait(state: EndpointState, now: float, count: int = 1) -> None:
    """Let requests be in flight that have no content yet."""
    for _ in range(count):
        state.in_flight += 1
        state.unanswered[object()] = now


def finish(state: EndpointState) -> None:
    """Let all that is in flight have ended."""
    state.unanswered.clear()
    state.in_flight = 0


def test_least_busy_prefers_the_one_with_the_fewest_requests() -> None:
    free = [state("a", 2), state("b", 1), state("c", 3)]

    assert turns(balancer("least_busy"), free, ANY, 3) == ["b", "b", "b"]


def test_least_busy_counts_requests_against_the_weight() -> None:
    free = [state("a", 2, weight=4.0), state("b", 1)]

    assert turns(balancer("least_busy"), free, ANY, 1) == ["a"]


def test_least_busy_counts_what_other_replicas_have_in_flight() -> None:
    free = [state("a", 1), state("b", 2)]
    free[0].elsewhere = 2

    assert turns(balancer("least_busy"), free, ANY, 1) == ["b"]


def test_least_busy_takes_turns_among_the_equally_busy() -> None:
    free = [state("a", 1), state("b", 1), state("c", 2)]

    assert turns(balancer("least_busy"), free, ANY, 4) == ["a", "b", "a", "b"]


def test_round_robin_takes_no_notice_of_load_or_weight() -> None:
    free = [state("a", 9), state("b", 0, weight=5.0)]

    assert turns(balancer("round_robin"), free, ANY, 4) == ["a", "b", "a", "b"]


def test_one_that_was_away_catches_up_on_no_turns() -> None:
    for name in ("round_robin", "weighted"):
        one, free = balancer(name), states(1, 1, 1)
        turns(one, free, ANY, 3)
        turns(one, free[1:], ANY, 100)

        assert turns(one, free, ANY, 6).count("e0") == 2


def test_weighted_mixes_turns_as_nginx_does() -> None:
    free = [state("a", weight=5.0), state("b"), state("c")]

    assert "".join(turns(balancer("weighted"), free, ANY, 7)) == "aabacaa"


def test_p2c_takes_the_one_whose_latency_times_load_is_lower() -> None:
    clock = Clock()
    slow, quick = state("slow"), state("quick")
    answer(slow, clock.now, first_s=1.0)
    answer(quick, clock.now, first_s=0.3)
    one = balancer("p2c", clock)

    quick.in_flight = 2

    assert set(turns(one, [slow, quick], ANY, 20)) == {"quick"}

    quick.in_flight = 3

    assert set(turns(one, [slow, quick], ANY, 20)) == {"slow"}


def test_p2c_never_takes_the_worst_of_three() -> None:
    clock = Clock()
    free = states(1, 1, 1)
    for first_s, each in zip((0.1, 0.2, 2.0), free, strict=True):
        answer(each, clock.now, first_s=first_s)

    taken = chosen(balancer("p2c", clock), free, [ANY] * 300)

    assert taken["e2"] == 0
    assert 60 <= taken["e1"] <= 140


def test_p2c_counts_the_cost_against_the_weight() -> None:
    clock = Clock()
    free = [state("a", 5, weight=3.0), state("b", 2)]
    for each in free:
        answer(each, clock.now)

    assert set(turns(balancer("p2c", clock), free, ANY, 20)) == {"a"}


def test_p2c_tries_what_was_never_asked_with_its_share_until_an_answer_is_in() -> None:
    clock = Clock()
    known, new = state("known", 4), state("new")
    answer(known, clock.now)
    one = balancer("p2c", clock)

    for _ in range(16):
        wait(one.choose([known, new], ANY), clock.now)

    assert (known.in_flight, new.in_flight) == (10, 10)


def test_p2c_does_not_flood_one_whose_first_answer_has_begun_and_not_ended() -> None:
    clock = Clock()
    known, new = state("known", 4), state("new", 5)
    answer(known, clock.now)

    assert set(turns(balancer("p2c", clock), [known, new], ANY, 20)) == {"known"}


def test_p2c_leaves_one_that_hangs_before_it_has_failed() -> None:
    clock = Clock()
    hanging, well = state("hanging"), state("well", 20)
    for each in (hanging, well):
        answer(each, clock.now, first_s=0.5)
    wait(hanging, clock.now)

    clock.now += 8

    well.pace.hit(0.5, clock.now)
    assert set(turns(balancer("p2c", clock), [hanging, well], ANY, 20)) == {"well"}


def test_p2c_tries_a_slow_one_again_with_one_request_at_a_time() -> None:
    clock = Clock()
    slow, well = state("slow"), state("well")
    answer(slow, clock.now, first_s=5.0)
    one = balancer("p2c", clock)

    tries = 0
    for _ in range(60):
        clock.now += 1
        answer(well, clock.now, first_s=0.5)
        if one.choose([slow, well], ANY) is slow:
            tries += 1
            wait(slow, clock.now)
            assert set(turns(one, [slow, well], ANY, 20)) == {"well"}

    assert tries == 1

    finish(slow)
    answer(slow, clock.now, first_s=0.4)

    assert "slow" in turns(one, [slow, well], ANY, 20)


def test_the_cheapest_goes_by_the_tokens_of_the_request() -> None:
    reader = state("reader", price=Price(input=1.0, output=9.0))
    writer = state("writer", price=Price(input=3.0, output=3.0))
    free = [reader, writer]
    one = balancer("cheapest")

    assert turns(one, free, workload(input_tokens=1000, expected_output_tokens=10), 1) == ["reader"]
    assert turns(one, free, workload(input_tokens=10, expected_output_tokens=1000), 1) == ["writer"]


def test_unknown_prices_come_last_and_equal_ones_by_load() -> None:
    price = Price(input=1.0, output=1.0)
    unknown = state("unknown")
    free = [unknown, state("a", 2, price=price), state("b", 1, price=price)]
    one = balancer("cheapest")

    assert turns(one, free, ANY, 2) == ["b", "b"]
    assert turns(one, [unknown, state("other", 1)], ANY, 2) == ["unknown", "unknown"]


def test_predicted_latency_goes_by_prompt_and_expected_answer() -> None:
    clock = Clock()
    reader, writer = state("reader"), state("writer")
    for _ in range(10):
        answer(reader, clock.now, first_s=0.2, duration_s=5.2)
        answer(writer, clock.now, first_s=2.0, duration_s=3.0)
    one = balancer("predicted_latency", clock)

    assert set(turns(one, [reader, writer], workload(expected_output_tokens=5), 3)) == {"reader"}
    assert set(turns(one, [reader, writer], workload(expected_output_tokens=500), 3)) == {"writer"}


def test_predicted_latency_takes_the_least_busy_of_those_about_as_soon() -> None:
    clock = Clock()
    free = [state("a", 1), state("b", 0)]
    for first_s, each in zip((0.50, 0.52), free, strict=True):
        answer(each, clock.now, first_s=first_s)

    assert set(turns(balancer("predicted_latency", clock), free, ANY, 3)) == {"b"}


def test_predicted_latency_asks_the_unknown_once_until_an_answer_is_in() -> None:
    clock = Clock()
    known, new = state("known", 3), state("new")
    answer(known, clock.now)
    one = balancer("predicted_latency", clock)

    for _ in range(10):
        wait(one.choose([known, new], ANY), clock.now)

    assert new.in_flight == 1


def test_predicted_latency_leaves_one_that_hangs() -> None:
    clock = Clock()
    hanging, well = state("hanging"), state("well")
    answer(hanging, clock.now, first_s=0.1)
    answer(well, clock.now, first_s=1.0)
    wait(hanging, clock.now)

    clock.now += 8

    assert turns(balancer("predicted_latency", clock), [hanging, well], ANY, 3) == ["well"] * 3


def test_predicted_latency_tries_a_slow_one_again_after_a_while() -> None:
    clock = Clock()
    slow, well = state("slow"), state("well")
    answer(slow, clock.now, first_s=5.0)
    answer(well, clock.now, first_s=0.5)
    one = balancer("predicted_latency", clock, explore_s=20)

    taken = []
    for _ in range(200):
        clock.now += 0.25
        taken.append(one.choose([slow, well], ANY))

    assert [place for place, each in enumerate(taken) if each is slow] == [84, 164]
