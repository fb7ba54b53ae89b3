"""What replicas make of what others have met with."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from tests.unit.nouns import endpoint
from wrp_proxy.errors import RateLimitedError, UnauthorisedError, UpstreamError
from wrp_proxy.pool.breaker import Breaker, BreakerRules
from wrp_proxy.pool.health import begin, note_failure, note_success
from wrp_proxy.pool.hearsay import Hearsay, subjects
from wrp_proxy.pool.state import EndpointState, KeyState

RULES = BreakerRules(cooldown_s=8, max_cooldown_s=64)
EPOCH = 1_700_000_000.0


def make_state() -> EndpointState:
    key = KeyState("lab", Breaker(RULES, Random(1)))  # noqa: S311 - jitter
    return EndpointState(endpoint("a"), Breaker(RULES, Random(1)), key)  # noqa: S311 - jitter


@dataclass
class Replica:
    """One endpoint at one replica, whose monotonic clock began at another time."""

    begins_at: float = 0.0
    identity: str = "k1"
    state: EndpointState = field(default_factory=make_state)
    hearsay: Hearsay = field(default_factory=Hearsay)

    def meets_with(self, at: float, *errors: UpstreamError | None) -> None:
        now = self.begins_at + at
        for error in errors:
            tickets = begin(self.state, now)
            if error is None:
                note_success(self.state, tickets, now)
            else:
                note_failure(self.state, tickets, error, now)

    def exchange(self, at: float, place: dict[bytes, bytes]) -> None:
        now, wall = self.begins_at + at, EPOCH + at
        every = subjects({"lab/a": [self.state]}, [self.state.key], {"lab": self.identity})
        self.hearsay.note(every, now, wall)
        news, owed = self.hearsay.registers.merge(dict(place), int(wall * 1000))
        self.hearsay.hear(every, news, now, wall)
        self.hearsay.keep_in_mind(every)
        place.update({name.encode(): packed for name, packed in owed.items()})

    def rest_s(self, at: float) -> float:
        now = self.begins_at + at
        return self.state.breaker.open_until - now if self.state.is_out(now) else 0.0


FAILED = [UpstreamError("boom")] * 3


@pytest.fixture
def place() -> dict[bytes, bytes]:
    return {}


def meet(at: float, place: dict[bytes, bytes], replicas: Sequence[Replica]) -> None:
    for replica in [*replicas, *replicas]:
        replica.exchange(at, place)


def test_a_rest_is_shared_and_is_no_longer_than_that_of_whom_it_is_heard_from(
    place: dict[bytes, bytes],
) -> None:
    one, other = Replica(), Replica(begins_at=5000.0)
    one.meets_with(1.0, *FAILED)
    meet(2.0, place, [one, other])

    assert other.rest_s(2.0) == pytest.approx(one.rest_s(2.0), abs=0.01)
    assert other.rest_s(2.0) > 5


def test_who_has_had_answers_since_does_not_rest(place: dict[bytes, bytes]) -> None:
    one, other = Replica(), Replica(begins_at=5000.0)
    one.meets_with(1.0, *FAILED)
    one.exchange(1.1, place)
    other.meets_with(1.5, None)
    meet(2.0, place, [one, other])

    assert other.rest_s(2.0) == 0.0
    assert one.rest_s(2.0) > 0.0


def test_answers_from_before_are_no_reason_to_go_on(place: dict[bytes, bytes]) -> None:
    one, other = Replica(), Replica(begins_at=5000.0)
    other.meets_with(0.5, None)
    one.meets_with(1.0, *FAILED)
    meet(2.0, place, [one, other])

    assert other.rest_s(2.0) > 0.0


def test_a_rate_limit_is_shared_whatever_was_answered_since(place: dict[bytes, bytes]) -> None:
    one, other = Replica(), Replica(begins_at=5000.0)
    one.meets_with(1.0, RateLimitedError("slow down", retry_after_s=30))
    one.exchange(1.1, place)
    other.meets_with(1.5, None)
    meet(2.0, place, [one, other])

    assert other.rest_s(2.0) == pytest.approx(29, abs=0.1)
    assert other.state.why_out(5002.0) == "rests at its rate limit"


def test_an_answer_at_one_lets_the_other_try(place: dict[bytes, bytes]) -> None:
    one, other = Replica(), Replica(begins_at=5000.0)
    one.meets_with(1.0, *FAILED)
    other.meets_with(1.0, *FAILED)
    meet(2.0, place, [one, other])
    other.meets_with(12.0, UpstreamError("boom"))
    meet(12.5, place, [other])
    one.meets_with(13.0, None)
    meet(14.0, place, [one, other])

    assert other.rest_s(14.0) == 0.0
    assert other.state.breaker.is_half_open(5014.0)


def test_replicas_that_see_different_things_do_not_swing_together(
    place: dict[bytes, bytes],
) -> None:
    lame, sound = Replica(), Replica(begins_at=5000.0)
    asked = {"lame": 0, "sound": 0}
    for tenth in range(6000):
        at = tenth / 10
        for name, replica, error in (
            ("lame", lame, UpstreamError("boom")),
            ("sound", sound, None),
        ):
            state, now = replica.state, replica.begins_at + at
            if not (state.is_out(now) or state.is_full):
                asked[name] += 1
                replica.meets_with(at, error)
        if tenth % 10 == 0:
            meet(at, place, [lame, sound])

    assert asked["sound"] > 5900
    assert asked["lame"] < 30


def test_a_refused_key_is_shared_among_those_who_have_the_same(
    place: dict[bytes, bytes],
) -> None:
    one, other, another = Replica(), Replica(begins_at=5000.0), Replica(identity="k2")
    one.meets_with(1.0, UnauthorisedError("no"))
    meet(2.0, place, [one, other, another])

    assert other.state.why_out(5002.0) == "has no valid key"
    assert another.state.why_out(2.0) == ""

    one.state.key.revive()
    meet(3.0, place, [one, other])

    assert other.state.why_out(5003.0) == ""
    assert other.state.key.killed_at is None


@pytest.mark.parametrize(
    "value",
    [b"", b"{}", b"[]", b'{"until": "soon"}', b'{"until": -5}', b'{"until": 1e300}', b"\xff"],
)
def test_what_cannot_be_read_harms_nobody(place: dict[bytes, bytes], value: Any) -> None:
    one = Replica()
    place[b"endpoint:lab/a"] = b"%d %b" % (int(EPOCH * 1000), value)

    one.exchange(1.0, place)

    assert one.rest_s(1.0) <= 300.0
