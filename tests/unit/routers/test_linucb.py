import numpy as np
import pytest

from tests.unit.nouns import model, workload
from tests.unit.routers.simulation import World, serve, tell
from wrp_proxy.routers.context import Context, Contexts
from wrp_proxy.routers.linucb import LinUcb
from wrp_proxy.routers.ridge import Ridge, sums_of, sums_of_all
from wrp_proxy.signals import Score
from wrp_proxy.statistics import Statistics

DAY_S = 24 * 3600.0
SMALL = model("small", quality={"default": 0.4, "c0": 0.8})


class Hands:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def contexts(count: int) -> list[Context]:
    draw, reader = np.random.default_rng(1), Contexts()
    chances = draw.dirichlet([0.3] * 4, count).tolist()
    return [
        reader.of(
            workload(
                probabilities={f"c{i}": chance for i, chance in enumerate(row)},
                complexity=float(draw.random()),
            )
        )
        for row in chances
    ]


def test_it_is_the_ridge_regression_around_the_prior() -> None:
    observed, seen = Statistics("observed"), contexts(200)
    ridge = Ridge([observed], clock=Hands())
    rewards = np.random.default_rng(2).random(200)
    ridge.predict(seen[0], [SMALL])
    for context, reward in zip(seen, rewards.tolist(), strict=True):
        ridge.add(context, "small", 0.5, 0.5 * reward)

    means, deviations = ridge.predict(seen[7], [SMALL])

    x = np.array([context.vector for context in seen])
    prior = np.array([0.8, 0.4, 0.4, 0.4, 0.0, 0.0, 0.0, 0.0])
    inverse = np.linalg.inv(np.eye(8) + 0.5 * x.T @ x)
    theta = prior + inverse @ (0.5 * x.T @ (rewards - x @ prior))
    assert means[0] == pytest.approx(x[7] @ theta)
    assert deviations[0] == pytest.approx(np.sqrt(x[7] @ inverse @ x[7]))


def test_a_model_never_asked_is_at_its_prior_with_a_high_bonus() -> None:
    router = LinUcb(alpha=0.5)
    asked = workload(probabilities={"c0": 0.5, "c1": 0.5})

    parts = router.select(asked, [SMALL]).parts["small"]

    assert parts.quality == pytest.approx(0.6)
    assert parts.bonus == pytest.approx(0.5 * np.sqrt(1.5))


def test_what_a_replica_has_learnt_is_used_at_once() -> None:
    world = World([[0.9, 0.1], [0.1, 0.9]])
    asked = world.request()[1]
    one, other = LinUcb(), LinUcb()
    serve(world, one, 50)
    serve(world, other, 1)

    for own, learnt in zip(other.statistics, one.statistics, strict=True):
        own.replace(learnt.dump())

    scores = (router.select(asked, world.models).scores for router in (one, other))
    assert next(scores) == pytest.approx(next(scores), abs=0.02)


def test_what_was_learnt_fades_to_the_prior() -> None:
    clock = Hands()
    router, asked = LinUcb(half_life_days=1.0, clock=clock), workload(probabilities={"c0": 1.0})
    router.select(asked, [SMALL])
    for _ in range(50):
        tell(router, asked, SMALL, Score(value=0.0))
    before = router.select(asked, [SMALL]).parts["small"].quality

    clock.now += 20 * DAY_S
    after = router.select(asked, [SMALL]).parts["small"].quality

    assert before == pytest.approx(0.0, abs=0.05)
    assert after == pytest.approx(0.8, abs=0.01)


def test_a_discount_makes_models_that_are_not_asked_uncertain_again() -> None:
    world = World([[0.5], [0.5]])
    router, asked = LinUcb(discount=0.98), world.request()[1]
    router.select(asked, world.models)
    for _ in range(30):
        tell(router, asked, world.models[0], Score(value=0.5))
    before = router.select(asked, world.models).parts["m0"].bonus or 0.0

    for _ in range(100):
        tell(router, asked, world.models[1], Score(value=0.5))

    assert (router.select(asked, world.models).parts["m0"].bonus or 0.0) > 1.5 * before


def test_sums_that_no_inverse_can_be_made_of_do_no_harm() -> None:
    router, context = LinUcb(), contexts(1)[0]
    asked = workload(probabilities=dict.fromkeys(context.space.categories, 0.25))
    broken = -sums_of(np.eye(8)[0], 1.0, 0.0)
    router.statistics[0].add(context.space.key("small"), broken)

    assert router.select(asked, [SMALL]).ranking == (SMALL,)


def test_many_models_have_room() -> None:
    ridge, context = Ridge([Statistics("observed")], clock=Hands()), contexts(1)[0]
    models = [model(f"m{i}", quality={"default": i / 100}) for i in range(40)]

    means, _ = ridge.predict(context, models)

    assert means.tolist() == pytest.approx([i / 100 for i in range(40)])


def test_sums_of_many_observations_are_those_of_each() -> None:
    rows, rewards = np.array([[1.0, 0.0, 2.0], [0.5, 1.0, 1.0]]), np.array([0.2, 0.9])

    each = [sums_of(x, 1.0, reward) for x, reward in zip(rows, rewards.tolist(), strict=True)]

    assert np.allclose(sums_of_all(rows, rewards), sum(each))
