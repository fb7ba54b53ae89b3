"""Measures strategies on recorded outcomes, with the very objects that serve."""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from wrp_proxy.evaluation.describing import Described, make_classifier
from wrp_proxy.evaluation.judge import Judge
from wrp_proxy.evaluation.measuring import (
    Json,
    Sweep,
    figures_of,
    figures_of_references,
    median_us,
)
from wrp_proxy.evaluation.references import find_references
from wrp_proxy.evaluation.replay import Replay, Served
from wrp_proxy.evaluation.strategies import (
    SimulatedClock,
    another,
    examples_of,
    make_strategy,
    read_strategies,
    teach,
)
from wrp_proxy.evaluation.table import OutcomeTable, Vector, read_meta, read_table
from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.composition import Spec

COST_WEIGHTS: Vector = np.array([0.0, *np.geomspace(0.003, 3, 24)])
_ONLINE_COST_WEIGHTS = np.array([0.0, 0.03, 0.1, 0.3, 1.0])
"""Each is a stream of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to measure."""

    strategies: Sequence[str]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    """By name, or by strategy and name with a dot."""
    online: bool = False
    """Let strategies learn from what they serve."""
    orders: int = 5
    """Of the queries, on line."""
    feedback_rate: float = 1.0
    judge_error: float = 0.0
    budget: float | None = None
    """Of the best single model's cost; each strategy is wrapped to spend that."""
    seed: int = 0


def read_tables(
    file: Path, meta: Path, train: Path | None, models: Sequence[str]
) -> tuple[OutcomeTable, OutcomeTable | None]:
    """Return what is measured on, and what is learnt from before; raise ValueError.

    Models that none of the queries measured on was asked are no candidates.
    """
    columns = read_meta(meta)
    table = read_table(file, columns, models)
    names = table.models_run
    taught = None if train is None else read_table(train, columns, names)
    return table.of_models(names), taught


def evaluate(table: OutcomeTable, taught: OutcomeTable | None, options: Options) -> Json:
    """Return all figures, as JSON; raise ConfigError for what is no strategy."""
    return Evaluation(table, taught, options).figures()


class Evaluation:
    """One table, measured with several strategies."""

    def __init__(self, table: OutcomeTable, taught: OutcomeTable | None, options: Options) -> None:
        self._table = table
        self._taught = taught
        self._options = options
        self.references = find_references(table, taught, COST_WEIGHTS)
        self._clock = SimulatedClock()
        Judge(error=options.judge_error, seed=0)
        self._specs()  # what is wrong with either is said before long computations
        classifier = make_classifier(taught)
        self._described = Described(table, classifier)
        self._described_before = None if taught is None else Described(taught, classifier)

    def figures(self) -> Json:
        strategies = {name: self.measure(self.make(spec)) for name, spec in self._specs().items()}
        return {"strategies": strategies, "references": figures_of_references(self.references)}

    def _specs(self) -> Mapping[str, Spec]:
        options, asked = self._options, list(dict.fromkeys(self._options.strategies))
        names = asked
        parameters = dict(options.parameters)
        if options.budget is not None:
            names = [f"budgeted({name})" for name in asked]
            parameters["budgeted.usd_per_request"] = self._budget_usd
        specs = read_strategies(names, parameters, self._table.models, options.seed)
        return dict(zip(asked, specs.values(), strict=True))

    @property
    def _budget_usd(self) -> float:
        """Per request."""
        return (self._options.budget or 0.0) * self.references.best_single[0] / 1000

    def under(self, options: Options) -> "Evaluation":
        """Return another one of the same queries, which need not be described again."""
        other = copy(self)
        other._options = options
        return other

    def make(self, spec: Spec) -> Router:
        return make_strategy(spec, self._clock)

    def measure(self, router: Router) -> Json:
        """Return the figures of a strategy that has learnt nothing yet."""
        self._clock.now = 0.0
        taught = self._teach(router)
        if self._options.online:
            return self._figures_online(router, taught)
        sweep = Sweep(served=self._offline(router), taught=taught)
        return {**figures_of(sweep, self._table, self.references), **self._spending(sweep.served)}

    def _teach(self, router: Router) -> str:
        """Let it learn from the training part; say how."""
        if self._taught is None or self._described_before is None:
            return "nothing"
        workloads = self._described_before.workloads(router.signals)
        examples: Sequence[Example] = examples_of(self._taught, workloads)
        if teach(router, examples, self._taught.models):
            return "all outcomes"
        if not router.statistics:
            return "nothing"
        judge = Judge(error=0, seed=self._options.seed)
        replay = Replay(self._taught, workloads, judge=judge, clock=self._clock)
        replay.run(router, _order(len(self._taught), self._options.seed), told=True, feedback=1.0)
        return "outcomes of its own choices"

    def _offline(self, router: Router) -> list[Served]:
        """Sweep the weight of the cost; a strategy that does not heed it is run once."""
        if self._options.budget is not None:
            return [self._serve(another(router), 0.0, told=True)]
        first, last, again = (
            self._serve(another(router), weight) for weight in COST_WEIGHTS[[0, -1, 0]].tolist()
        )
        if (first.chosen == last.chosen).all():
            return [replace(first, decision_us=median_us([first, last, again]))]
        between = [self._serve(another(router), w) for w in COST_WEIGHTS[1:-1].tolist()]
        return [first, *between, last]

    def _serve(self, router: Router, cost_weight: float, *, told: bool = False) -> Served:
        return self._replay(router, cost_weight, self._options.seed).run(router, told=told)

    def _replay(self, router: Router, cost_weight: float, seed: int) -> Replay:
        return Replay(
            self._table,
            self._described.workloads(router.signals),
            judge=Judge(error=self._options.judge_error, seed=seed),
            clock=self._clock,
            cost_weight=cost_weight,
        )

    def _figures_online(self, router: Router, taught: str) -> Json:
        """Stream in several orders at weight 0, and in the first one at rising weights."""
        options = self._options
        runs = [
            self._stream(router, 0.0, options.seed + number) for number in range(options.orders)
        ]
        weights = [] if options.budget is not None else _ONLINE_COST_WEIGHTS[1:].tolist()
        others = [self._stream(router, weight, options.seed) for weight in weights]
        sweep = Sweep(served=[_mean(runs), *others], taught=taught)
        return {
            **figures_of(sweep, self._table, self.references),
            "orders": [run.point[1] for run in runs],
            "accuracy_std": float(np.std([run.point[1] for run in runs])),
            **self._spending(runs),
        }

    def _stream(self, router: Router, cost_weight: float, seed: int) -> Served:
        self._clock.now = 0.0
        learner = another(router)
        replay = self._replay(learner, cost_weight, seed)
        order = _order(len(self._table), seed)
        return replay.run(learner, order, told=True, feedback=self._options.feedback_rate)

    def _spending(self, runs: Sequence[Served]) -> Json:
        if self._options.budget is None:
            return {}
        spent = [float(run.costs_usd.mean()) / self._budget_usd for run in runs]
        return {
            "budget": {
                "usd_per_1k": self._budget_usd * 1000,
                "spent_share": float(np.mean(spent)),
                "spent_shares": spent,
            }
        }


def _order(count: int, seed: int) -> list[int]:
    order: list[int] = np.random.default_rng(seed).permutation(count).tolist()
    return order


def _mean(runs: Sequence[Served]) -> Served:
    """Return what came of each query in the mean of the orders."""
    return replace(
        runs[0],
        scores=np.mean([run.scores for run in runs], axis=0),
        costs_usd=np.mean([run.costs_usd for run in runs], axis=0),
        decision_us=np.concatenate([run.decision_us for run in runs]),
    )
