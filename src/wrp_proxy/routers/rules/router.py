"""What the operator has said of such requests: rules, tried by their priority."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Any

from wrp_proxy.errors import ConfigError, RequestDeniedError
from wrp_proxy.routers.base import Example, MakeRouter, Router
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routers.rules.conditions import holds, signals_of, what_held
from wrp_proxy.routers.rules.known import Place
from wrp_proxy.routers.rules.rule import OTHERWISE, Rule, RuleReader, by_priority
from wrp_proxy.routers.wrapping import fit, statistics_under
from wrp_proxy.signals import Signal
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload


@dataclass(frozen=True, slots=True)
class _Ruled:
    """A rule with the strategy that ranks for it."""

    rule: Rule
    ranks: Router


class Rules:
    """Let the first rule decide whose condition holds and which has a model that is able.

    (The decisions of vLLM Semantic Router, arXiv 2603.04444.) Rules of a higher priority go first,
    equals as written. A rule's `models` are the only candidates, in its order or ranked by its
    `strategy`; a rule without models or strategy leaves the choice to `otherwise`, which also
    decides where no rule does. Raise RequestDeniedError where a rule says `deny`.
    """

    name = "rules"

    def __init__(
        self,
        rules: Sequence[Mapping[str, Any]] = (),
        otherwise: str | Mapping[str, Any] = "fixed_order",
        *,
        make: MakeRouter,
    ) -> None:
        """Take rules that were checked; raise ConfigError if they cannot even be read."""
        reader = RuleReader()
        read = reader.rules(Place("rules", list(rules)))
        if reader.problems:
            raise ConfigError(reader.problems)
        self._otherwise = make(otherwise)
        own = {rule.name: make(rule.strategy) for rule in read if rule.strategy is not None}
        as_written = FixedOrder()
        self._rules = [
            _Ruled(rule, own.get(rule.name) or (as_written if rule.models else self._otherwise))
            for rule in by_priority(read)
        ]
        self._inner = inner = {**own, OTHERWISE: self._otherwise}
        self.signals: frozenset[Signal] = frozenset().union(
            *(signals_of(rule.when) for rule in read), *(one.signals for one in inner.values())
        )
        self.statistics: tuple[Statistics, ...] = tuple(
            part for name, router in inner.items() for part in statistics_under(name, router)
        )

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        fired: list[str] = []
        for ruled in self._rules:
            rule = ruled.rule
            if not holds(rule.when, workload):
                continue
            if rule.deny is not None:
                raise RequestDeniedError(f"{rule.deny} (rule '{rule.name}')")
            among = rule.among(candidates)
            said = f"rule '{rule.name}': {_words(rule, workload)}"
            if among:
                decision = ruled.ranks.select(workload, among)
                return self._ruled(rule, decision, candidates, (*fired, said))
            fired.append(f"{said}; passed on, none of its models is able")
        decision = self._otherwise.select(workload, candidates)
        return replace(decision, router=self.name, fired=(*fired, *decision.fired))

    def learn(self, outcome: Outcome) -> None:
        ranked = {outcome.model, *outcome.scores}
        self._decider(outcome.workload, ranked).learn(outcome)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        """Let each strategy learn from the examples that would be its own."""
        names = {model.name for model in models}
        deciders = [self._decider(example.workload, names) for example in examples]
        for inner in self._inner.values():
            own = [one for one, by in zip(examples, deciders, strict=True) if by is inner]
            fit(inner, own, models)

    def _ruled(
        self, rule: Rule, decision: Decision, candidates: Sequence[Model], fired: tuple[str, ...]
    ) -> Decision:
        ranking = decision.ranking
        is_as_written = rule.models is not None and rule.strategy is None
        why = "first able of its models" if is_as_written else decision.reason
        if not rule.exclusive:
            named = {model.name for model in ranking}
            ranking += tuple([model for model in candidates if model.name not in named])
        return replace(
            decision,
            ranking=ranking,
            router=self.name,
            reason=f"rule '{rule.name}': {why}",
            scores={model.name: decision.scores.get(model.name) for model in ranking},
            fired=(*fired, *decision.fired),
            parameters={**decision.parameters, **rule.parameters},
            cache=rule.cache or decision.cache,
        )

    def _decider(self, workload: Workload, ranked: Set[str]) -> Router:
        """Find who ranks these models, by going through the rules again."""
        for ruled in self._rules:
            rule = ruled.rule
            if rule.deny is not None or not holds(rule.when, workload):
                continue
            if rule.models is None or any(name in ranked for name in rule.models):
                return ruled.ranks
        return self._otherwise


def _words(rule: Rule, workload: Workload) -> str:
    return ", ".join(what_held(rule.when, workload)) or "always"
