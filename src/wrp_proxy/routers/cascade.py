"""The cheapest model first; a better one where its answer does not pass."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import inf
from time import time
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, MinLen

from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.inner_ranking import InnerRanking, cheapest_of
from wrp_proxy.signals import Check, Signal
from wrp_proxy.statistics import Clock
from wrp_proxy.types import Decision, Model, Outcome, Workload

VerifierName = Literal[
    "code", "finish_reason", "json_schema", "judge", "logprob", "no_refusal", "non_empty", "tools"
]
_USUAL: tuple[VerifierName, ...] = (
    "finish_reason",
    "non_empty",
    "no_refusal",
    "json_schema",
    "tools",
    "code",
)
_OWN_SIGNALS: frozenset[Signal] = frozenset({"category", "conversation"})
_MAX_SESSIONS = 10_000
_PATIENCE = 2


@dataclass(slots=True)
class _Standing:
    """How a session gets on with cheap answers."""

    first: str
    """The model that it was last given first."""
    failures: int = 0
    at: float = 0.0
    """Unix seconds of the last failure."""


class Cascade:
    """Ask the cheapest model, or the first of `tiers`; then, where verifiers refuse its answer,
    the best: by the wrapped strategy, else by prior and scores so far against the cost.

    The answer is held until it is accepted. A session whose cheap answers were refused twice goes
    to the better model directly, for `latch_s`; so does a caller to whom costs are nothing. Their
    answers are not held. The sessions are known in this instance only, the 10,000 last ones.

    With `max_ttft_s`, a better model is asked only if the pool expects its answer within what is
    left of that time; else the next one in the order that is quick enough, else the cheap answer is
    given. Without, the caller's own deadline is the only bound.

    (FrugalGPT, arXiv 2305.05176; AutoMix, arXiv 2310.12963; AVR, arXiv 2603.12823.)
    """

    def __init__(  # noqa: PLR0913 - parameters of the configuration
        self,
        inner: Router | None = None,
        *,
        verifiers: Annotated[Sequence[VerifierName], MinLen(1)] = _USUAL,
        thresholds: Mapping[VerifierName, float] | None = None,
        escalations: Annotated[int, Ge(1), Le(2)] = 1,
        tiers: Sequence[str] = (),
        cost_weight: Annotated[float, Ge(0)] = 0.0,
        latch_s: Annotated[float, Gt(0)] = 1800.0,
        max_ttft_s: Annotated[float, Gt(0)] | None = None,
        clock: Clock = time,
    ) -> None:
        """`tiers`: models in the order to be asked; `cost_weight`: of the escalation; `max_ttft_s`:
        from the beginning of a request until the client has the first content.
        """
        costs = Costs(clock)
        self._ranking = InnerRanking(inner, costs, cost_weight, clock)
        self.name = self._ranking.name_of("cascade")
        self.signals = _OWN_SIGNALS | self._ranking.signals
        self.statistics = self._ranking.statistics
        self._costs = costs
        limits = {str(name): value for name, value in (thresholds or {}).items()}
        self._check = Check(
            how="verify", verifiers=tuple(verifiers), thresholds=limits, max_ttft_s=max_ttft_s
        )
        self._escalations = escalations
        self._tiers = {name: place for place, name in enumerate(tiers)}
        self._latch_s = latch_s
        self._clock = clock
        self._sessions: OrderedDict[tuple[str, str], _Standing] = OrderedDict()

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        best = self._ranking.select(workload, candidates)
        if workload.api == "embeddings":
            return replace(best, router=self.name)
        first = self._first(workload, candidates)
        if why := self._direct(workload, candidates):
            rest = [model for model in best.ranking if model is not first]
            return replace(best, ranking=(*rest, first), router=self.name, reason=why)
        rest = sorted(
            (model for model in best.ranking if model is not first),
            key=lambda model: self._tiers.get(model.name, len(self._tiers)),
        )
        self._note_first(workload, first)
        how = "the first tier" if first.name in self._tiers else "the cheapest"
        escalations = min(self._escalations, len(rest))
        return replace(
            best,
            ranking=(first, *rest),
            router=self.name,
            reason=f"{how} first, {rest[0].name} where it fails",
            propensity=1.0,
            check=replace(self._check, escalations=escalations),
        )

    def learn(self, outcome: Outcome) -> None:
        self._ranking.learn(outcome)
        score = outcome.score
        if score is not None and score.source.startswith("verifier") and score.value <= 0:
            self._note_failure(outcome)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        self._ranking.fit(examples, models)

    def _first(self, workload: Workload, candidates: Sequence[Model]) -> Model:
        tiers = [model for model in candidates if model.name in self._tiers]
        if tiers:
            return min(tiers, key=lambda model: self._tiers[model.name])
        return cheapest_of(self._costs, workload, candidates)

    def _direct(self, workload: Workload, candidates: Sequence[Model]) -> str:
        """Say why the better model is asked at once; empty: it is not."""
        if len(candidates) == 1:
            return "no other model is able"
        if workload.preferences.cost == 0:
            return "the best at once, for the caller does not mind the cost"
        standing = self._sessions.get((workload.tenant, workload.session or ""))
        now = self._clock()
        if standing is None or now - standing.at > self._latch_s:
            return ""
        return (
            f"the better model at once, for the session's answers of {standing.first} failed twice"
            if standing.failures >= _PATIENCE
            else ""
        )

    def _note_first(self, workload: Workload, first: Model) -> None:
        if workload.session is None:
            return
        key = (workload.tenant, workload.session)
        standing = self._sessions.pop(key, None)
        if standing is None or standing.first != first.name:
            standing = _Standing(first.name, at=-inf)
        self._sessions[key] = standing
        if len(self._sessions) > _MAX_SESSIONS:
            self._sessions.popitem(last=False)

    def _note_failure(self, outcome: Outcome) -> None:
        workload = outcome.workload
        standing = self._sessions.get((workload.tenant, workload.session or ""))
        if standing is None or standing.first != outcome.model:
            return
        now = self._clock()
        is_recent = now - standing.at <= self._latch_s
        standing.failures = standing.failures + 1 if is_recent else 1
        standing.at = now
