"""Stay with a conversation's model while its prompt cache is warm."""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from time import time
from typing import Annotated

from annotated_types import Ge, Gt

from wrp_proxy.pool_view import NOTHING_SEEN, UNSEEN, PoolView
from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.staying import Current, Stay, count, is_bad, worth_of_staying
from wrp_proxy.routers.wrapping import fit, passed_on, put_first, statistics_under
from wrp_proxy.signals import Signal
from wrp_proxy.statistics import Clock
from wrp_proxy.types import Decision, Model, Outcome, Workload

_MAX_SESSIONS = 10_000
_BAD_SCORE = 0.3
_OWN_SIGNALS: frozenset[Signal] = frozenset({"conversation", "warmth"})


class Session:
    """Let `inner` choose, but switch models only when that gains more than it throws away.

    In an active tool loop, or where a provider holds the conversation, the model stays. Otherwise
    it gets a bonus of `(.45 reuse + .35 history / 8192 + .20 turns / 8) * warmth * price pressure`,
    and a switch must gain that and `margin` on top. Reuse is the share of the prompt that was seen
    lately; warmth falls from 1 to 0 within `idle_s`, after which all is forgiven, and is less where
    the pool sees that the model's prompt caches are cold; price pressure is what the other model
    costs, unread, as a share of what staying costs, 1 at most. The bonus is lost where the model
    keeps one waiting, and so is the model where it is out of service. One that failed or was scored
    badly twice comes last. Rankings without qualities, whose scores cannot be compared to a bonus,
    count as no gain.

    (TwinRouterBench, arXiv 2605.18859; WRP, arXiv 2603.21354, observation 7.)

    Sessions are kept in this instance only, the 10,000 last ones: which model a session has is the
    latest word, not a sum that fades and that replicas could add up, and it is worth as little as
    a warm prompt cache once it is lost.
    """

    def __init__(
        self,
        inner: Router,
        *,
        margin: Annotated[float, Ge(0)] = 0.05,
        idle_s: Annotated[float, Gt(0)] = 300.0,
        clock: Clock = time,
        pool: PoolView = NOTHING_SEEN,
    ) -> None:
        self.name = f"session({inner.name})"
        self.signals = _OWN_SIGNALS | inner.signals
        self.statistics = statistics_under("inner", inner)
        self._inner = inner
        self._margin = margin
        self._idle_s = idle_s
        self._clock = clock
        self._pool = pool
        self._stays: OrderedDict[tuple[str, str], Stay] = OrderedDict()

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        decision = self._inner.select(workload, candidates)
        stay = self._known(workload)
        if stay is None:
            return passed_on(decision, self.name, "no warm session")
        decision = self._without_bad(decision, stay)
        current = next((m for m in decision.ranking if m.name == stay.model), None)
        if current is None or is_bad(stay, current):
            return passed_on(decision, self.name, f"the session cannot stay with {stay.model}")
        seen = self._pool.expect(current, workload)
        if seen.is_down:
            says = f"the session leaves {current.name}, which is out of service"
            return passed_on(decision, self.name, says)
        if workload.bound_to is not None:
            return self._stayed(decision, current.name, "its provider holds the conversation", 1.0)
        if workload.kind == "tool_loop":
            return self._stayed(decision, current.name, "a tool loop is active", 1.0)
        return self._weighed(
            workload, decision, Current(current, stay, seen, self._freshness(stay))
        )

    def learn(self, outcome: Outcome) -> None:
        self._inner.learn(outcome)
        session = outcome.workload.session
        if session is None or outcome.cached not in {"miss", "bypass"}:
            return
        key = (outcome.workload.tenant, session)
        stay = self._stays.pop(key, None) or Stay()
        self._stays[key] = stay
        if len(self._stays) > _MAX_SESSIONS:
            self._stays.popitem(last=False)
        self._take_note(stay, outcome)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        fit(self._inner, examples, models)

    def _take_note(self, stay: Stay, outcome: Outcome) -> None:
        now, score = self._clock(), outcome.score
        if now - stay.at > self._idle_s:
            stay.bad.clear()
        if score is not None:
            was_bad = score.replaces is not None and score.replaces <= _BAD_SCORE
            count(stay, outcome.model, (score.value <= _BAD_SCORE) - was_bad)
        elif outcome.finish == "failed":
            count(stay, outcome.model, 1)
            stay.at = now
        elif outcome.finish == "complete":
            usage = outcome.usage
            stay.model, stay.at = outcome.model, now
            stay.tokens = usage.prompt_tokens + usage.completion_tokens if usage else 0

    def _known(self, workload: Workload) -> Stay | None:
        if workload.session is None:
            return None
        stay = self._stays.get((workload.tenant, workload.session))
        if stay is None or stay.model is None or self._clock() - stay.at > self._idle_s:
            return None
        return stay

    def _without_bad(self, decision: Decision, stay: Stay) -> Decision:
        """Rank models last that were bad twice, unless all were."""
        ranking = tuple(sorted(decision.ranking, key=lambda model: is_bad(stay, model)))
        first = decision.ranking[0]
        if ranking[0] is first:
            return replace(decision, ranking=ranking)
        says = f"the session leaves {first.name}, which was bad twice"
        return replace(decision, ranking=ranking, fired=(*decision.fired, says))

    def _weighed(self, workload: Workload, decision: Decision, current: Current) -> Decision:
        def leaves(other: Model) -> bool:
            needed = self._bonus(workload, current, other) + self._margin
            return _gain(decision, current.model, other) > needed

        name = current.model.name
        rivals = [model for model in decision.ranking if model.name != name]
        first = decision.ranking[0]
        if first.name != name and leaves(first):
            gain = _gain(decision, current.model, first)
            says = f"the session switches from {name}, for a gain of {gain:.2f}"
            return passed_on(decision, self.name, says)
        is_certain = not any(leaves(rival) for rival in rivals)
        propensity = 1.0 if is_certain else decision.propensity
        bonus = self._bonus(workload, current, first)
        return self._stayed(decision, name, f"bonus {bonus:.2f}", propensity)

    def _bonus(self, workload: Workload, current: Current, other: Model) -> float:
        seen = self._pool.expect(other, workload) if current.seen.wait_s else UNSEEN
        return worth_of_staying(workload, current, other, seen)

    def _freshness(self, stay: Stay) -> float:
        return max(1.0 - (self._clock() - stay.at) / self._idle_s, 0.0)

    def _stayed(self, decision: Decision, name: str, why: str, propensity: float) -> Decision:
        moved = replace(
            decision,
            ranking=put_first(decision.ranking, name),
            propensity=propensity,
            reason=decision.reason
            if decision.ranking[0].name == name
            else f"the session stays with its model, {why}",
        )
        return passed_on(moved, self.name, f"the session stays with {name}: {why}")


def _gain(decision: Decision, current: Model, other: Model) -> float:
    """Return by how much the other one is better; 0 where scores are of another kind."""
    part = decision.parts.get(other.name)
    one, two = decision.scores.get(other.name), decision.scores.get(current.name)
    if part is None or part.quality is None or one is None or two is None:
        return 0.0
    return one - two
