"""Lets a strategy serve recorded queries, and tells it what the proxy would tell it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from time import perf_counter_ns

import numpy as np
import numpy.typing as npt

from wrp_proxy.errors import WrpError
from wrp_proxy.evaluation.judge import Judge
from wrp_proxy.evaluation.strategies import SimulatedClock
from wrp_proxy.evaluation.table import OutcomeTable, Vector
from wrp_proxy.routers.base import Router
from wrp_proxy.signals import Check, Preferences, Score
from wrp_proxy.types import Decision, Model, Outcome, Usage, Workload

REFUSED = -1
"""Stands for the column of a query that the strategy refused; it scores and costs nothing."""
SECONDS_BETWEEN = 1.0
"""Requests come at this pace, for what fades with time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What came of each query, in the order of the table."""

    scores: Vector
    costs_usd: Vector
    """Of all calls."""
    chosen: npt.NDArray[np.intp]
    """The column of the model that answered."""
    decision_us: Vector
    is_verified: bool
    """Some answer was held until a simulated verifier accepted it."""

    @property
    def point(self) -> tuple[float, float]:
        """Return the cost of 1,000 requests in USD, and the mean score."""
        return float(self.costs_usd.mean()) * 1000, float(self.scores.mean())


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One answer of a model."""

    column: int
    score: float
    cost_usd: float
    verified: Score | None = None
    """What a verifier said of it; None: it was given unseen."""


class Replay:
    """A table that can be asked, row by row."""

    def __init__(
        self,
        table: OutcomeTable,
        workloads: Sequence[Workload],
        *,
        judge: Judge,
        clock: SimulatedClock,
        cost_weight: float | None = 0.0,
        models: Sequence[Model] | None = None,
    ) -> None:
        """`cost_weight` None: as the strategy says; `models`: candidates, else all."""
        wished = Preferences(cost=cost_weight)
        self._workloads = [replace(workload, preferences=wished) for workload in workloads]
        self._names = [model.name for model in table.models]
        self._columns = {name: column for column, name in enumerate(self._names)}
        self._scores, self._costs = table.scores.tolist(), table.costs_usd.tolist()
        self._latencies = table.latencies_s.tolist()
        self._judge = judge
        self._clock = clock
        self.candidates = list(models or table.models)

    def __len__(self) -> int:
        return len(self._workloads)

    def run(
        self, router: Router, order: Iterable[int] | None = None, *, told: bool, feedback: float = 0
    ) -> Served:
        """Serve all rows once.

        `told`: the strategy hears how each attempt ended and what it cost; `feedback`: of this
        share of answers it hears as well how good they were, in the judge's opinion.
        """
        count = len(self)
        scores, costs, micros = np.zeros(count), np.zeros(count), np.zeros(count)
        chosen = np.zeros(count, np.intp)
        is_verified = False
        for row in range(count) if order is None else order:
            workload = self._workloads[row]
            before = perf_counter_ns()
            try:
                decision = router.select(workload, self.candidates)
            except WrpError:
                chosen[row] = REFUSED
                continue
            micros[row] = (perf_counter_ns() - before) / 1000
            calls = self.ask(row, decision)
            is_verified = is_verified or decision.check is not None
            chosen[row], scores[row] = calls[-1].column, calls[-1].score
            costs[row] = sum(call.cost_usd for call in calls)
            if told:
                self._tell(router, row, decision, calls, feedback)
        return Served(
            scores=scores,
            costs_usd=costs,
            chosen=chosen,
            decision_us=micros,
            is_verified=is_verified,
        )

    def ask(self, row: int, decision: Decision) -> list[Call]:
        """Return all calls that a decision leads to; the last one's answer is given."""
        run = self._run_of(row, decision.ranking) or self._run_of(row, self.candidates)
        return run[:1] if decision.check is None else self._held(run, decision.check)

    def _run_of(self, row: int, models: Iterable[Model]) -> list[Call]:
        """Return the answers that there are, in this order."""
        scores, costs = self._scores[row], self._costs[row]
        columns = (self._columns[model.name] for model in models)
        return [
            Call(column=column, score=scores[column], cost_usd=costs[column])
            for column in columns
            if scores[column] == scores[column]  # no NaN
        ]

    def _held(self, ranked: Sequence[Call], check: Check) -> list[Call]:
        """Ask on until an answer is accepted; samples that agree count as one accepted answer."""
        samples = check.samples if check.how == "agree" else 1
        calls: list[Call] = []
        for call in ranked[: check.escalations + 1]:
            said = self._judge.verifies(call.score)
            calls += [replace(call, verified=said)] * samples
            samples = 1
            if said.value:
                break
        return calls

    def _tell(
        self, router: Router, row: int, decision: Decision, calls: Sequence[Call], feedback: float
    ) -> None:
        """Pass on what the pipeline and the feedback would."""
        self._clock.pass_by(SECONDS_BETWEEN)
        for attempt, call in enumerate(calls, 1):
            outcome = self._outcome(row, decision, call, attempt)
            router.learn(outcome)
            if call.verified is not None:
                router.learn(replace(outcome, score=call.verified))
        if feedback and self._judge.is_asked(feedback):
            for opinion in self._judge.opinions(calls[-1].score):
                router.learn(replace(outcome, score=opinion))

    def _outcome(self, row: int, decision: Decision, call: Call, attempt: int) -> Outcome:
        workload = self._workloads[row]
        latency = self._latencies[row][call.column]
        usage = Usage(
            prompt_tokens=workload.input_tokens,
            completion_tokens=workload.expected_output_tokens,
            estimated=True,
        )
        model = self._names[call.column]
        return Outcome(
            request_id=f"row_{row}",
            started_at=self._clock.now,
            tenant=workload.tenant,
            session=workload.session,
            route="auto",
            model=model,
            endpoint=f"recorded/{model}",
            router=decision.router,
            reason=decision.reason,
            propensity=decision.propensity,
            workload=workload,
            usage=usage,
            cost_usd=call.cost_usd,
            first_content_s=None,
            duration_s=latency if latency == latency else 1.0,
            finish="complete",
            error=None,
            attempt=attempt,
            cached="miss",
            stream=False,
            scores=decision.scores,
        )
