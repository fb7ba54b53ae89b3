"""Chooses a strategy's parameters on an operator's own outcomes, and says what that gains."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from wrp_proxy.evaluation.cross_validation import CrossValidation
from wrp_proxy.evaluation.grid import Parameters
from wrp_proxy.evaluation.intervals import Interval, figure_interval
from wrp_proxy.evaluation.logged import LoggedChoice, compare
from wrp_proxy.evaluation.measuring import Sweep, aiq
from wrp_proxy.evaluation.off_policy import (
    LEAST_EFFECTIVE_SIZE,
    Logged,
    doubly_robust,
    doubly_robust_gain,
    effective_size,
    estimate,
)
from wrp_proxy.evaluation.references import References, find_references
from wrp_proxy.evaluation.strategies import read_strategies
from wrp_proxy.evaluation.table import OutcomeTable, Vector
from wrp_proxy.routers.composition import Spec, configurable
from wrp_proxy.signals import Signal
from wrp_proxy.types import Model

COST_WEIGHTS = (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.8, 3.0)
_ROUNDS = 200
_MOST_ABSTENTION = 0.2
_CATEGORY: frozenset[Signal] = frozenset({"category", "features"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One candidate."""

    parameters: Parameters
    figure: float
    """AIQ, or off policy the doubly robust score."""
    gain: float
    """Over the defaults."""
    interval: Interval
    """Of the gain, 95 %."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Training:
    """What was found."""

    strategy: str
    rows: int
    figure: str
    """What was compared, in words."""
    trials: Sequence[Trial]
    """The defaults first."""
    best: Trial
    """The first one unless another one is surely better."""
    cost_weight: float | None = None
    """The largest one whose accuracy is not surely lower; None: not told, or no parameter of it."""
    threshold: tuple[float, float, float] | None = None
    """Of categories, with the share below it, and the accuracy above it."""
    notes: Sequence[str] = field(default_factory=tuple)

    @property
    def parameters(self) -> dict[str, Any]:
        """Return what to change."""
        own = dict(self.best.parameters)
        return own if self.cost_weight is None else {**own, "cost_weight": self.cost_weight}


def train_on_table(
    table: OutcomeTable, strategy: str, tried: Sequence[Parameters], *, parts: int, seed: int
) -> Training:
    """Compare candidates by AIQ over folds; raise ConfigError for what is no strategy."""
    validation = CrossValidation(table, parts=parts, seed=seed)
    references = find_references(table, None, np.zeros(1))
    sweeps = [
        validation.sweep(_spec(strategy, parameters, table.models, seed), COST_WEIGHTS)
        for parameters in tried
    ]
    trials = [
        _trial(parameters, sweep, sweeps[0], references)
        for parameters, sweep in zip(tried, sweeps, strict=True)
    ]
    best = _surely_best(trials)
    takes_weight = "cost_weight" in configurable(strategy)
    return Training(
        strategy=strategy,
        rows=len(table),
        figure="AIQ",
        trials=trials,
        best=best,
        cost_weight=_cost_weight(sweeps[trials.index(best)]) if takes_weight else None,
        threshold=_threshold(validation, table),
    )


def train_on_log(
    logged: Sequence[LoggedChoice],
    models: Sequence[Model],
    strategy: str,
    tried: Sequence[Parameters],
    *,
    seed: int,
) -> Training:
    """Compare candidates by the doubly robust estimate; raise TooLittleError, ConfigError."""
    found: list[Logged] = []
    for parameters in tried:
        spec = _spec(strategy, parameters, models, seed)
        found.append(compare(spec, logged, models, seed=seed, cost_weight=0.0)[0])
    estimate(found[0])
    trials = []
    for parameters, rewards in zip(tried, found, strict=True):
        if effective_size(rewards.weights) < LEAST_EFFECTIVE_SIZE:
            continue
        gain = doubly_robust_gain(rewards, found[0])
        trials.append(
            Trial(
                parameters=parameters,
                figure=doubly_robust(rewards).value,
                gain=gain.value,
                interval=(gain.low, gain.high),
            )
        )
    return Training(
        strategy=strategy,
        rows=len(logged),
        figure="score (doubly robust)",
        trials=trials,
        best=_surely_best(trials),
    )


def _spec(strategy: str, parameters: Mapping[str, Any], models: Sequence[Model], seed: int) -> Spec:
    return read_strategies([strategy], parameters, models, seed)[strategy]


def _trial(parameters: Parameters, sweep: Sweep, base: Sweep, references: References) -> Trial:
    columns = np.concatenate([sweep.columns, base.columns], axis=1)

    def gain(means: Vector) -> float:
        own, other = (aiq(_points(half), references) for half in np.split(means, 2))
        return own - other

    return Trial(
        parameters=parameters,
        figure=aiq(sweep.points, references),
        gain=gain(columns.mean(axis=0)),
        interval=figure_interval(columns, gain, rounds=_ROUNDS),
    )


def _points(means: Vector) -> list[tuple[float, float]]:
    costs, scores = np.split(means, 2)
    return list(zip(costs.tolist(), scores.tolist(), strict=True))


def _surely_best(trials: Sequence[Trial]) -> Trial:
    """Return the best of those whose gain is above 0 with its whole interval; else the defaults."""
    sure = [trial for trial in trials if trial.interval[0] > 0]
    return max(sure, key=lambda trial: trial.figure, default=trials[0])


def _cost_weight(sweep: Sweep) -> float:
    """Return the largest weight that loses less than one standard error (Breiman's rule)."""
    dearest = sweep.served[0].scores
    found = 0.0
    for weight, served in zip(COST_WEIGHTS, sweep.served, strict=True):
        lost = dearest - served.scores
        if lost.mean() <= lost.std() / np.sqrt(len(lost)):
            found = weight
    return found


def _threshold(
    validation: CrossValidation, table: OutcomeTable
) -> tuple[float, float, float] | None:
    """Return the highest threshold that leaves no more than a fifth unnamed.

    None: the queries are not labelled by the categories of the proxy.
    """
    labels = table.labels
    chances = [workload.probabilities for workload in validation.workloads(_CATEGORY)]
    if labels is None or not all(chances) or not set(labels) <= chances[0].keys():
        return None
    named = [max(each, key=each.__getitem__) for each in chances]
    sureness = np.array([each[name] for each, name in zip(chances, named, strict=True)])
    is_right = np.array([name == label for name, label in zip(named, labels, strict=True)])
    threshold = float(np.floor(np.quantile(sureness, _MOST_ABSTENTION) * 100) / 100)
    is_named = sureness >= threshold
    return threshold, float((~is_named).mean()), float(is_right[is_named].mean())
