"""A small world of requests, models and answers, for whatever must route in it."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from tests.unit.nouns import model, outcome, usage, workload
from wrp_proxy.routers.base import Router
from wrp_proxy.signals import Features, Preferences, Score
from wrp_proxy.types import Decision, Model, Outcome, Price, Workload

QUALITY = {
    "mathematics": (0.2, 0.9, 0.5, 0.4, 0.6, 0.3),
    "coding": (0.3, 0.7, 0.9, 0.5, 0.4, 0.2),
    "law": (0.5, 0.4, 0.3, 0.9, 0.6, 0.4),
    "writing": (0.8, 0.5, 0.4, 0.6, 0.7, 0.3),
    "chat": (0.9, 0.6, 0.5, 0.7, 0.8, 0.4),
}
"""Category -> the chance that the answer of each model is good."""
PRICES = (0.2, 5.0, 2.0, 10.0, 1.0, 0.5)
NAMES = ("tiny", "thinker", "coder", "lawyer", "writer", "poor")
MODELS = tuple(
    model(name, price=Price(input=price, output=4 * price))
    for name, price in zip(NAMES, PRICES, strict=True)
)
RANDOM_QUALITY = sum(sum(row) / len(row) for row in QUALITY.values()) / len(QUALITY)
_WIDTH = 16
_SURE = 0.9


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of the world."""

    category: str
    workload: Workload


def asked(count: int, seed: int = 1, **more: object) -> list[Asked]:
    """Make requests whose category is told with a chance of nine in ten."""
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    return [_one(draw, number, more) for number in range(count)]


def _one(draw: random.Random, number: int, more: dict[str, object]) -> Asked:
    category = draw.choice(list(QUALITY))
    rest = (1.0 - _SURE) / (len(QUALITY) - 1)
    usual: dict[str, object] = {
        "input_tokens": draw.randrange(50, 2000),
        "expected_output_tokens": draw.randrange(20, 400),
        "category": category,
        "probabilities": {name: _SURE if name == category else rest for name in QUALITY},
        "features": features(category, number),
        "complexity": draw.random(),
        "preferences": Preferences(cost=0.0, latency=0.0),
    }
    return Asked(category, workload(**{**usual, **more}))


def features(category: str, number: int) -> Features:
    """Return a vector that is closest to those of the same category."""
    noise = np.random.default_rng(number).normal(0.0, 0.1, _WIDTH)
    noise[list(QUALITY).index(category)] += 1.0
    vector: Features = (noise / np.linalg.norm(noise)).astype(np.float32)
    return vector


def quality_of(category: str, chosen: str) -> float:
    return QUALITY[category][NAMES.index(chosen)]


def attempted(one: Asked, decision: Decision, chosen: Model | None = None) -> Outcome:
    """Return how the first choice, or another model, has answered."""
    answering = chosen or decision.ranking[0]
    tokens = usage(one.workload.input_tokens, one.workload.expected_output_tokens)
    cost_usd = answering.price.cost_usd(tokens) if answering.price else None
    return outcome(
        model=answering.name,
        router=decision.router,
        reason=decision.reason,
        propensity=decision.propensity,
        scores=decision.scores,
        workload=one.workload,
        usage=tokens,
        cost_usd=cost_usd,
    )


def serve(
    router: Router,
    requests: Sequence[Asked],
    candidates: Sequence[Model] = MODELS,
    seed: int = 5,
    after: Callable[[Outcome], None] = lambda _: None,
) -> list[Outcome]:
    """Let a router serve requests, and tell it how each answer was; return the attempts."""
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    attempts = []
    for one in requests:
        ended = attempted(one, router.select(one.workload, candidates))
        router.learn(ended)
        is_good = draw.random() < quality_of(one.category, ended.model)
        router.learn(scored(ended, float(is_good)))
        attempts.append(ended)
        after(ended)
    return attempts


def scored(ended: Outcome, value: float, replaces: float | None = None) -> Outcome:
    return replace(ended, score=Score(value=value, replaces=replaces))
