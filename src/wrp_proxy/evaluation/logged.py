"""Judges strategies by a proxy's own journal, of which it only knows the choices made."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from wrp_proxy.accounting.graded import Graded, read_graded
from wrp_proxy.evaluation.direct_model import DirectModel
from wrp_proxy.evaluation.folds import folds
from wrp_proxy.evaluation.off_policy import Logged, TooLittleError, doubly_robust, estimate
from wrp_proxy.evaluation.strategies import (
    SimulatedClock,
    make_strategy,
    read_strategies,
    teach,
)
from wrp_proxy.evaluation.table import read_meta, recorded_model
from wrp_proxy.routers.base import Example
from wrp_proxy.routers.composition import Spec
from wrp_proxy.signals import NO_PREFERENCES, Preferences
from wrp_proxy.types import Model, Outcome, Price, Workload

Json = dict[str, Any]
_FOLDS = 5
_CHECKED = (
    "it has answers checked, and asks on where they do not pass: a log of one answer a request "
    "does not tell what would come of that. Measure it with --data."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedChoice:
    """One request, what was chosen for it, and how good that was."""

    workload: Workload
    model: str
    reward: float
    propensity: float
    cost_usd: float


def choices_of(graded: Iterable[Graded]) -> list[LoggedChoice]:
    """Keep first attempts that a model answered and that somebody has scored.

    Later attempts are not drawn, and answers from the cache are no choice of a model.
    """
    choices = [
        LoggedChoice(
            workload=replace(one.outcome.workload, preferences=NO_PREFERENCES),
            model=one.outcome.model,
            reward=one.value,
            propensity=one.outcome.propensity,
            cost_usd=one.outcome.cost_usd or 0.0,
        )
        for one in graded
        if one.value is not None
        and _is_first_choice(one.outcome)
        and one.outcome.cached in {"miss", "bypass"}
    ]
    categories = sorted({name for choice in choices for name in choice.workload.probabilities})
    return [replace(one, workload=_in_full(one.workload, categories)) for one in choices]


def _is_first_choice(outcome: Outcome) -> bool:
    """Tell whether the answer is that of the first attempt, or of its twin at another endpoint."""
    return outcome.attempt == (2 if outcome.hedge == "second" else 1)


def models_of(logged: Sequence[LoggedChoice], prices: Mapping[str, Price]) -> list[Model]:
    """Return all models that were chosen; without a price, one for all tokens is reckoned."""
    spent: dict[str, list[float]] = {}
    for choice in logged:
        sums = spent.setdefault(choice.model, [0.0, 0.0])
        sums[0] += choice.cost_usd
        sums[1] += choice.workload.input_tokens + choice.workload.expected_output_tokens
    reckoned = {name: 1e6 * cost / max(tokens, 1) for name, (cost, tokens) in spent.items()}
    return [
        recorded_model(name, prices.get(name) or Price(input=each, output=each))
        for name, each in sorted(reckoned.items())
    ]


def judge_by_log(
    logged: Sequence[LoggedChoice],
    models: Sequence[Model],
    strategies: Sequence[str],
    parameters: Mapping[str, Any],
    seed: int = 0,
) -> Json:
    """Return estimates of each strategy as JSON; where there can be none, the reason."""
    specs = read_strategies(strategies, parameters, models, seed)
    reference: Json = {"rows": len(logged)}
    if logged:
        reference["accuracy"] = float(np.mean([choice.reward for choice in logged]))
        costs = [choice.cost_usd for choice in logged]
        reference["cost_per_1k_usd"] = float(np.mean(costs)) * 1000
    return {
        "strategies": {name: _judged(spec, logged, models, seed) for name, spec in specs.items()},
        "references": {"logged": reference},
    }


def _judged(spec: Spec, logged: Sequence[LoggedChoice], models: Sequence[Model], seed: int) -> Json:
    try:
        rewards, costs = compare(spec, logged, models, seed=seed)
        found = estimate(rewards)
    except TooLittleError as error:
        return {"refused": str(error)}
    cost = doubly_robust(costs)
    return {
        "accuracy": found.by_estimator["doubly_robust"].value,
        **{name: asdict(one) for name, one in found.by_estimator.items()},
        "cost_per_1k_usd": cost.value,
        "cost_per_1k_usd_ci95": (cost.low, cost.high),
        "effective_size": found.effective_size,
        "unsupported_share": found.unsupported,
        "rows": len(logged),
    }


def compare(
    spec: Spec,
    logged: Sequence[LoggedChoice],
    models: Sequence[Model],
    *,
    seed: int = 0,
    cost_weight: float | None = None,
) -> tuple[Logged, Logged]:
    """Let a strategy choose for each row what the other folds taught it; return what to estimate.

    The first is of rewards, the second of USD per 1,000 requests. Raise TooLittleError for one
    that has answers checked: what would come of the second model's is not in the log.
    """
    targets = [""] * len(logged)
    guesses = np.zeros((4, len(logged)))
    wished = Preferences(cost=cost_weight)
    for known, judged in folds(len(logged), _FOLDS, seed):
        router = make_strategy(spec, SimulatedClock())
        before = [logged[row] for row in known]
        teach(router, examples_of_log(before), models)
        quality = DirectModel((c.workload.category, c.model, c.reward) for c in before)
        cost = DirectModel((c.workload.category, c.model, c.cost_usd * 1000) for c in before)
        for row in judged:
            choice, workload = logged[row], logged[row].workload
            decision = router.select(replace(workload, preferences=wished), models)
            if decision.check is not None:
                raise TooLittleError(_CHECKED)
            target = targets[row] = decision.ranking[0].name
            pairs = [(workload.category, choice.model), (workload.category, target)]
            guesses[:, row] = [by.guess(*pair) for by in (quality, cost) for pair in pairs]
    chances = np.array(
        [float(t == choice.model) for t, choice in zip(targets, logged, strict=True)]
    )
    rewards = np.array([choice.reward for choice in logged])
    costs = np.array([choice.cost_usd * 1000 for choice in logged])
    propensities = np.array([choice.propensity for choice in logged])
    of_rewards, of_costs = (
        Logged(
            rewards=values,
            propensities=propensities,
            chances=chances,
            guess_of_logged=guess[0],
            guess_of_target=guess[1],
        )
        for values, guess in ((rewards, guesses[:2]), (costs, guesses[2:]))
    )
    return of_rewards, of_costs


def _in_full(workload: Workload, categories: Sequence[str]) -> Workload:
    """Add the categories that a journal leaves out, as improbable as they are."""
    known = workload.probabilities
    if not known:
        return workload
    return replace(workload, probabilities={name: known.get(name, 0.0) for name in categories})


def examples_of_log(logged: Iterable[LoggedChoice]) -> list[Example]:
    return [
        Example(
            workload=choice.workload,
            scores={choice.model: choice.reward},
            costs_usd={choice.model: choice.cost_usd},
        )
        for choice in logged
    ]


def read_log(
    journal: Path, meta: Path | None, route: str | None
) -> tuple[list[LoggedChoice], list[Model]]:
    """Read a journal, with the prices of a meta file; raise WrpError or ValueError."""
    logged = choices_of(read_graded(journal, route=route))
    columns = None if meta is None else read_meta(meta)
    prices = {
        name: price
        for name in (columns.prices if columns else ())
        if columns and (price := columns.price(name))
    }
    return logged, models_of(logged, prices)
