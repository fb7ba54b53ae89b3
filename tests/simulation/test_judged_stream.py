"""What labels do to a cache, from the judge's words to the share of wrong hits."""

from functools import partial
from typing import NamedTuple

import pytest

from tests.simulation.cache_under_judgement import KEY, CacheUnderJudgement, Errors
from tests.simulation.traffic import Traffic
from tests.unit.cache.bounds.labels import audit
from tests.unit.cache.judge.model import Court, FakeModel, comparison
from wrp_proxy.cache.bounds.entry_bounds import EntryBounds
from wrp_proxy.cache.bounds.served_bounds import ServedBounds

pytestmark = pytest.mark.anyio

SAME, DIFFERENT = '{"verdict": "same"}', '{"verdict": "different"}'


class World(NamedTuple):
    """Traffic of which a fixed threshold of .92 would serve far too much wrongly."""

    budget: float
    half_right_at: float
    settled_after: int
    """Questions until thresholds have settled; a small budget takes more audits."""


BALANCED = World(budget=0.03, half_right_at=0.91, settled_after=30_000)
STRICT = World(budget=0.01, half_right_at=0.895, settled_after=40_000)


@pytest.mark.parametrize("world", [BALANCED, STRICT])
def test_without_bounds_too_much_would_be_served_wrongly(world: World) -> None:
    traffic = Traffic(seed=0, half_right_at=world.half_right_at)

    assert traffic.wrong_share(0.92) > 2.5 * world.budget


@pytest.mark.parametrize(
    ("world", "errors", "seed"),
    [
        (BALANCED, Errors(), 0),
        (BALANCED, Errors(anew=0.05), 0),
        (BALANCED, Errors(anew=0.05), 1),
        (BALANCED, Errors(anew=0.1), 0),
        (BALANCED, Errors(anew=0.05, repeated=0.03), 0),
        (STRICT, Errors(anew=0.05), 0),
    ],
)
async def test_the_bound_holds_though_the_judge_errs(
    world: World, errors: Errors, seed: int
) -> None:
    traffic = Traffic(seed=seed, half_right_at=world.half_right_at)
    cache = CacheUnderJudgement(errors=errors, budget=world.budget)
    async with cache.judged():
        await cache.serve(traffic, world.settled_after)
        late = await cache.serve(traffic, 15_000)

    assert late.wrong_share <= world.budget
    assert late.wrong_share <= cache.bound().upper < 2 * world.budget
    assert cache.highest_raise <= 0.06
    assert late.hit_rate > 0.6 * traffic.oracle(world.budget)


async def test_where_hits_are_right_an_erring_judge_raises_next_to_nothing() -> None:
    traffic = Traffic(seed=0, half_right_at=0.85)
    cache = CacheUnderJudgement(errors=Errors(anew=0.05), budget=BALANCED.budget)
    async with cache.judged():
        await cache.serve(traffic, 30_000)

    assert traffic.wrong_share(0.92) < 0.1 * BALANCED.budget
    assert cache.highest_raise == 0.0
    assert cache.bound().upper < BALANCED.budget / 2


async def test_an_entry_is_tightened_at_once_and_loosened_by_two_labels() -> None:
    entries = EntryBounds()
    court = Court(FakeModel([SAME, SAME, DIFFERENT]), label=entries.learn)

    await court.hear(comparison(is_hit=False, similarity=0.8))
    assert entries.threshold(b"e", 0.92) == 0.92
    await court.hear(comparison(is_hit=False, similarity=0.82))
    assert entries.threshold(b"e", 0.92) == 0.82
    await court.hear(comparison(similarity=0.97))

    assert entries.threshold(b"e", 0.92) > 0.97


async def test_a_category_is_tightened_by_wrong_hits_and_loosened_by_500_right_ones() -> None:
    bounds: ServedBounds[tuple[str, str]] = ServedBounds(replica="a")
    learn = partial(bounds.learn, KEY, budget=BALANCED.budget, base=0.92)
    court = Court(FakeModel([DIFFERENT]), label=learn)

    await court.hear(*[comparison()] * 3)
    tightened = bounds.raised(KEY)
    for _ in range(499):
        learn(audit())
    still = bounds.raised(KEY)
    learn(audit())

    assert (tightened, still, bounds.raised(KEY)) == (0.01, 0.01, 0.0)
