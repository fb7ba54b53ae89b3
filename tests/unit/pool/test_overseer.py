"""What operators want, here and at other replicas; and what names that callers make up may do."""

from dataclasses import dataclass
from random import Random

import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import endpoint, model, outcome, workload
from wrp_proxy.errors import UnauthorisedError, UpstreamError
from wrp_proxy.pool.base import Demand
from wrp_proxy.pool.crowd import Crowd
from wrp_proxy.pool.overseer import PoolOverseer, Wish
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pool.wishes import Wishes
from wrp_proxy.types import Endpoint, Model, Price

pytestmark = pytest.mark.anyio

A, B = endpoint("a"), endpoint("b")
DEAR_A = endpoint("a", price=Price(input=9, output=9))
NOW_MS = 1_700_000_000_000


@dataclass
class Operated:
    """A pool with its operator, and what other replicas hear of him."""

    models: list[Model]
    pool: LocalPool
    overseer: PoolOverseer
    wishes: Wishes

    def state(self, name: str, at: int = 0) -> tuple[bool, float]:
        states = self.pool.states_of(next(one for one in self.models if one.name == name))
        return states[at].is_draining, states[at].weight


def operated(*models: Model) -> Operated:
    clock = Clock()
    pool = LocalPool(clock=clock, random=Random(1))  # noqa: S311 - the same in every run
    listed = list(models)
    overseer = PoolOverseer(pool, lambda: listed, clock=clock)
    wishes = Wishes(overseer)
    overseer.tell = lambda wish: wishes.say(wish, NOW_MS)
    return Operated(listed, pool, overseer, wishes)


def pass_on(one: Operated, *others: Operated) -> None:
    place: dict[bytes, bytes] = {}
    for replica in (one, *others):
        owed = replica.wishes.merge(place, NOW_MS)
        place |= {name.encode(): packed for name, packed in owed.items()}


async def fail(pool: LocalPool, asked: Model, error: UpstreamError) -> None:
    lease = await pool.lease(asked, Demand(workload()))
    with lease:
        lease.settle(outcome(finish="failed"), error)


async def test_names_that_callers_make_up_do_not_hurt_those_that_are_listed() -> None:
    one = operated(model("listed", A, B))
    for number in range(20):
        made_up = model(f"lab/{number}", endpoint(f"{number}"), listed=False)
        await fail(one.pool, made_up, UnauthorisedError("401"))
        await fail(one.pool, made_up, UpstreamError("500"))

    states = one.pool.states_of(one.models[0])
    assert [state.is_out(1000.0) for state in states] == [False, False]
    assert {state.endpoint for state in one.pool.states()} == {A, B}
    assert len(one.pool.keys()) == 1


def test_an_endpoint_of_several_models_is_drained_for_all_of_them() -> None:
    one = operated(model("small", A), model("large", A, B))

    changed = one.overseer.change(Wish(endpoint="lab/a", model="large", draining=True))

    assert (changed.models, changed.left_without) == (["small", "large"], ["small"])


def test_a_model_tells_endpoints_of_one_name_apart() -> None:
    one = operated(model("small", A), model("large", DEAR_A))

    changed = one.overseer.change(Wish(endpoint="lab/a", model="large", weight=3.0))

    assert changed.models == ["large"]
    assert (one.state("small"), one.state("large")) == ((False, 1.0), (False, 3.0))


def test_other_replicas_do_the_same_also_those_that_start_later() -> None:
    one, other = operated(model("small", A)), operated(model("small", A))
    one.overseer.change(Wish(endpoint="lab/a", draining=True))
    one.overseer.change(Wish(endpoint="lab/a", weight=3.0))
    one.overseer.change(Wish(endpoint="lab/a", model="small", weight=4.0))

    pass_on(one, other)

    assert other.state("small") == (True, 4.0)


def test_endpoints_that_are_found_later_get_what_was_wanted_of_them() -> None:
    one, other = operated(model("small", A), model("large", B)), operated(model("small", A))
    one.overseer.change(Wish(endpoint="lab/b", draining=True))
    pass_on(one, other)
    other.models.append(model("large", B))

    pass_on(one, other)

    assert other.state("large") == (True, 1.0)


@pytest.mark.parametrize(
    "value", [b"", b"x", b"0", b"-1", b"1e999", b"NaN", b"null", b"[]", b"\xff"]
)
@pytest.mark.parametrize("what", [b"draining", b"weight", b"odd"])
def test_wishes_that_make_no_sense_are_left_out(what: bytes, value: bytes) -> None:
    one = operated(model("small", A))

    one.wishes.merge({what + b":lab/a": b"%d %b" % (NOW_MS, value)}, NOW_MS)

    assert one.state("small") == (False, 1.0)


def test_what_others_have_in_flight_is_forgotten_when_they_fall_silent() -> None:
    one = operated(model("small", A))
    crowd, other = Crowd("me"), Crowd("other")
    by_name = one.overseer.by_name()
    state = by_name["lab/a"][0]
    state.in_flight = 3
    told = other.telling(by_name)

    seen = []
    for now in (1000.0, 1004.0, 1006.0):
        crowd.hear({b"other": told, b"me": told}, now)
        crowd.apply(by_name)
        seen.append((state.elsewhere, crowd.size))
    gone = crowd.hear({b"other": told}, 1031.0)

    assert seen == [(3, 1), (3, 1), (0, 0)]
    assert gone == [b"other"]


def test_without_redis_what_others_have_in_flight_fades() -> None:
    one = operated(model("small", A))
    crowd, other = Crowd("me"), Crowd("other")
    by_name = one.overseer.by_name()
    state = by_name["lab/a"][0]
    state.in_flight = 3
    crowd.hear({b"other": other.telling(by_name)}, 1000.0)
    crowd.apply(by_name)

    crowd.fade(by_name, 1004.0)
    before = state.elsewhere
    crowd.fade(by_name, 1006.0)

    assert (before, state.elsewhere) == (3, 0)


@pytest.mark.parametrize("label", [None, "short"])
def test_the_boundary_is_shown_where_there_is_one(label: str | None) -> None:
    cut: Endpoint = endpoint("a", label=label)
    one = operated(model("small", cut, B))

    boundary = one.overseer.describe()[0]["boundary"]

    assert boundary == (None if label is None else {"tokens": 8192, "proposed": None})
