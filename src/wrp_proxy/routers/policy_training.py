"""Off-line training of a softmax policy on requests that every model has answered."""

from collections.abc import Sequence

import numpy as np

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.context import Context, Contexts, Space
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.prior import prior_quality
from wrp_proxy.statistics import Vector
from wrp_proxy.types import Model

_COST_WEIGHTS = (0.0, 0.1, 0.3, 1.0)
"""What callers may wish; the policy is trained for all of them."""
_ROUNDS = 200
_RATE = 0.02
_DECAY, _SQUARE_DECAY = 0.9, 0.99


def trained(
    examples: Sequence[Example],
    models: Sequence[Model],
    contexts: Contexts,
    costs: Costs,
    *,
    temperature: float,
) -> dict[Space, Vector]:
    """Return by space the weights (models, context and cost weight) of the best policy.

    With the scores of all models known, the gradient of the expected reward is exact:
    pi_m * (R_m - sum of pi R). Followed by Adam (Kingma and Ba, arXiv 1412.6980).
    """
    by_space: dict[Space, list[tuple[Context, Example]]] = {}
    for example in examples:
        context = contexts.of(example.workload)
        by_space.setdefault(context.space, []).append((context, example))
    found = {}
    for space, pairs in by_space.items():
        x = np.array([context.vector for context, _ in pairs])
        given = [example for _, example in pairs]
        found[space] = _ascend(x, _tables(given, models, costs), temperature)
    return found


def _tables(
    examples: Sequence[Example], models: Sequence[Model], costs: Costs
) -> tuple[Vector, Vector, Vector]:
    """Return (examples, models) each: priors, scores (the prior where unknown), cost shares."""
    prior = np.array([[prior_quality(m, e.workload) for m in models] for e in examples])
    scores = np.array([[e.scores.get(m.name, np.nan) for m in models] for e in examples])
    expected = np.array(
        [
            [_or_nan(costs.expected_usd(model, example.workload)) for model in models]
            for example in examples
        ]
    )
    dearest = np.max(np.nan_to_num(expected, nan=0.0), axis=1, keepdims=True)
    shares = np.nan_to_num(expected / np.where(dearest > 0, dearest, 1.0), nan=1.0)
    return prior, np.where(np.isnan(scores), prior, scores), shares


def _ascend(x: Vector, tables: tuple[Vector, Vector, Vector], temperature: float) -> Vector:
    prior, scores, shares = tables
    weights = np.zeros((prior.shape[1], x.shape[1] + 1))
    mean, square = np.zeros_like(weights), np.zeros_like(weights)
    for step in range(1, _ROUNDS + 1):
        wished = _COST_WEIGHTS[step % len(_COST_WEIGHTS)]
        seen = np.column_stack((x, np.full(len(x), wished)))
        logits = (prior + seen @ weights.T - wished * shares) / temperature
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        policy = powers / powers.sum(axis=1, keepdims=True)
        rewards = scores - wished * shares
        expected = (policy * rewards).sum(axis=1, keepdims=True)
        gradient = (policy * (rewards - expected)).T @ seen / len(x)
        mean = _DECAY * mean + (1 - _DECAY) * gradient
        square = _SQUARE_DECAY * square + (1 - _SQUARE_DECAY) * gradient**2
        unbiased = square / (1 - _SQUARE_DECAY**step)
        weights += _RATE * (mean / (1 - _DECAY**step)) / (np.sqrt(unbiased) + 1e-8)
    return weights


def _or_nan(cost_usd: float | None) -> float:
    return np.nan if cost_usd is None else cost_usd
