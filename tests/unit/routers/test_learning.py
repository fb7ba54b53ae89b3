"""What every strategy that learns promises, in worlds whose qualities are known."""

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Protocol

import numpy as np
import pytest

from tests.unit.nouns import outcome, workload
from tests.unit.routers.simulation import World, serve, tell
from wrp_proxy.routers.base import Router, Trainable
from wrp_proxy.routers.elo import Elo
from wrp_proxy.routers.epsilon_greedy import EpsilonGreedy
from wrp_proxy.routers.linucb import LinUcb
from wrp_proxy.routers.pheromone import Pheromone
from wrp_proxy.routers.policy_gradient import PolicyGradient
from wrp_proxy.routers.thompson import Thompson
from wrp_proxy.signals import Preferences, Score
from wrp_proxy.types import Price


class Learner(Router, Trainable, Protocol):
    """A strategy that learns from traffic and from examples."""


Make = Callable[..., Learner]

STRATEGIES: Mapping[str, Make] = {
    "elo": Elo,
    "epsilon_greedy": EpsilonGreedy,
    "linucb": LinUcb,
    "pheromone": Pheromone,
    "policy_gradient": PolicyGradient,
    "thompson": Thompson,
}
DISCOUNTING: Mapping[str, Make] = {
    "epsilon_greedy": EpsilonGreedy,
    "linucb": partial(LinUcb, discount=0.99),
    "pheromone": Pheromone,
    "policy_gradient": PolicyGradient,
    "thompson": Thompson,
}

every = pytest.mark.parametrize("make", STRATEGIES.values(), ids=STRATEGIES)


DRAWING = [name for name in STRATEGIES if name != "linucb"]


def random_share(world: World) -> float:
    return float(world.quality.mean() / world.quality.max(axis=0).mean())


def scores(router: Router, world: World) -> list[float]:
    """Return what a router thinks of each model in each category."""
    found = []
    for category in world.categories:
        asked = workload(probabilities={name: float(name == category) for name in world.categories})
        parts = router.select(asked, world.models).parts
        found += [parts[model.name].quality or 0.0 for model in world.models]
    return found


@every
def test_it_does_clearly_better_than_random(make: Make) -> None:
    gains = []
    for seed in (1, 2, 3):
        world, router = World.drawn(models=6, categories=5, seed=seed), make(seed=1)
        serve(world, router, 300)
        gains.append(serve(world, router, 150) - random_share(world))

    assert sum(gains) / len(gains) > 0.1
    assert min(gains) > 0.05


@pytest.mark.parametrize("make", DISCOUNTING.values(), ids=DISCOUNTING)
def test_it_follows_a_drift_within_500_requests(make: Make) -> None:
    world = World([[0.9] * 3, [0.6] * 3, [0.5] * 3, [0.3] * 3])
    router = make(seed=1)
    before = [serve(world, router, 500), serve(world, router, 100)][1]

    world.swap(0, 3)
    serve(world, router, 400)

    assert before > 0.8
    assert serve(world, router, 100) > 0.8


@pytest.mark.parametrize("make", DISCOUNTING.values(), ids=DISCOUNTING)
def test_examples_that_no_longer_hold_are_left_behind(make: Make) -> None:
    world = World([[0.9] * 3, [0.6] * 3, [0.5] * 3, [0.3] * 3])
    router = make(seed=1)
    router.fit(world.examples(300), world.models)
    before = serve(world, router, 200)

    world.swap(0, 3)
    serve(world, router, 400)

    assert before > 0.85
    assert serve(world, router, 100) > 0.8


@every
def test_models_may_come_and_go_without_harm(make: Make) -> None:
    world = World([[0.5, 0.7], [0.7, 0.5], [0.3, 0.3], [0.95, 0.95]])
    router = make(seed=2)
    old, rest = world.models[:3], world.models[1:3]
    serve(world, router, 200, old)

    with_new = [serve(world, router, 200), serve(world, router, 200)][1]
    without_best = serve(world, router, 200, rest)

    assert with_new > 0.75
    assert without_best > 0.7


@every
def test_examples_of_all_models_are_a_warm_start(make: Make) -> None:
    world = World.drawn(models=6, categories=5)
    router = make(seed=1)

    router.fit(world.examples(300), world.models)

    assert serve(world, router, 200) > random_share(world) + 0.2


@every
def test_fitting_again_forgets_the_examples_before(make: Make) -> None:
    world = World([[0.9, 0.1], [0.1, 0.9]])
    examples = world.examples(50)
    once, twice = make(seed=1), make(seed=1)

    once.fit(examples, world.models)
    twice.fit(world.examples(20), world.models)
    twice.fit(examples, world.models)

    assert scores(once, world) == pytest.approx(scores(twice, world))


@every
def test_failed_attempts_make_a_model_look_worse(make: Make) -> None:
    world = World([[0.5], [0.5]])
    router, untroubled = make(seed=1), make(seed=1)
    asked = world.request()[1]
    failed = outcome(model="m0", workload=asked, finish="failed", error="upstream_timeout")
    for each in (router, untroubled):
        each.select(asked, world.models)

    for _ in range(5):
        tell(router, asked, world.models[1], Score(value=1.0))
        tell(untroubled, asked, world.models[1], Score(value=1.0))
        router.learn(failed)

    assert scores(router, world)[0] < scores(untroubled, world)[0]


@every
def test_a_correction_undoes_a_score(make: Make) -> None:
    world = World([[0.5], [0.5]])
    asked = world.request()[1]
    corrected, right, wrong = make(seed=1), make(seed=1), make(seed=1)

    for router, value in ((corrected, 1.0), (right, 0.0), (wrong, 1.0)):
        router.select(asked, world.models)
        tell(router, asked, world.models[1], Score(value=0.5))
        tell(router, asked, world.models[0], Score(value=value))
    tell(corrected, asked, world.models[0], Score(value=0.0, replaces=1.0))

    assert scores(corrected, world)[0] < scores(wrong, world)[0]
    assert scores(corrected, world)[0] == pytest.approx(scores(right, world)[0], abs=0.05)


@pytest.mark.parametrize("name", DRAWING)
def test_the_propensity_is_how_often_a_choice_is_made(name: str) -> None:
    world = World([[0.6, 0.2], [0.5, 0.5], [0.3, 0.6]])
    router = STRATEGIES[name](seed=3)
    serve(world, router, 60)
    asked = workload(probabilities={"c0": 0.6, "c1": 0.4})
    chosen: Counter[str] = Counter()
    stated = defaultdict(set)

    for _ in range(1500):
        decision = router.select(asked, world.models)
        chosen[decision.ranking[0].name] += 1
        stated[decision.ranking[0].name].add(decision.propensity)

    for model, count in chosen.items():
        assert max(stated[model]) - min(stated[model]) < 1e-9
        assert stated[model].pop() == pytest.approx(count / 1500, abs=0.05)


@every
def test_what_was_learnt_is_all_in_the_statistics(make: Make) -> None:
    world = World.drawn(models=4, categories=3)
    router, heir = make(seed=1), make(seed=1)
    serve(world, router, 100)
    scores(heir, world)

    for own, inherited in zip(router.statistics, heir.statistics, strict=True):
        inherited.replace(own.dump())

    assert scores(heir, world) == pytest.approx(scores(router, world), abs=0.02)


@every
def test_sums_of_other_categories_are_not_mixed_in(make: Make) -> None:
    world, other = World([[0.9], [0.1]]), World([[0.9, 0.9], [0.1, 0.1]])
    router, fresh = make(seed=1), make(seed=1)

    serve(world, router, 50)

    assert scores(router, other) == pytest.approx(scores(fresh, other))


@every
def test_the_wish_of_the_caller_goes_before_the_cost_weight(make: Make) -> None:
    world = World([[0.5], [0.5]])
    prices = (Price(input=1.0, output=1.0), Price(input=50.0, output=50.0))
    quality = ({"default": 0.5}, {"default": 0.9})
    candidates = [
        replace(one, price=price, quality=known)
        for one, price, known in zip(world.models, prices, quality, strict=True)
    ]
    asked = world.request()[1]
    router = make(seed=1, cost_weight=0.0)
    saving = replace(asked, preferences=Preferences(cost=1.0))

    best = max(router.select(asked, candidates).scores.items(), key=lambda item: item[1] or 0)
    cheap = max(router.select(saving, candidates).scores.items(), key=lambda item: item[1] or 0)

    assert (best[0], cheap[0]) == ("m1", "m0")


@every
def test_decisions_say_what_they_are_made_of(make: Make) -> None:
    world = World.drawn(models=3, categories=2)
    router = make(seed=1)

    decision = router.select(world.request()[1], world.models)

    assert set(decision.scores) == set(decision.parts) == {"m0", "m1", "m2"}
    assert all(np.isfinite(part.quality or 0.0) for part in decision.parts.values())
    assert len(decision.reason) > 10
