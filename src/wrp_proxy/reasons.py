"""Says in words what led to a decision; for headers, the journal and `explain`."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace

from wrp_proxy.signals import UNKNOWN, Check, Parts, Preferences, Signal
from wrp_proxy.types import Decision, Model, Workload

_CANDIDATES_TOLD = 2
_MAX_CHARS = 800


def whole_reason(decision: Decision, workload: Workload, wanted: Collection[Signal]) -> str:
    """Return one line: why, what fired, which signals, and what the first candidates scored."""
    said = [decision.reason, *decision.fired]
    signals = signals_in_words(workload, wanted)
    if signals:
        said.append("signals: " + ", ".join(f"{name} {words}" for name, words in signals.items()))
    for model in decision.ranking[:_CANDIDATES_TOLD]:
        if (parts := decision.parts.get(model.name)) is not None:
            score = score_in_words(decision.scores.get(model.name))
            said.append(f"{model.name}: {', '.join([score, *parts_in_words(parts)])}")
    line = "; ".join(said)
    return line if len(line) <= _MAX_CHARS else f"{line[: _MAX_CHARS - 3]}..."


def explained(decision: Decision, workload: Workload, wanted: Collection[Signal]) -> Decision:
    """Let the reason, as clients and the journal see it, be the whole one."""
    if not (decision.fired or decision.parts or wanted):
        return decision
    return replace(decision, reason=whole_reason(decision, workload, wanted))


def signals_in_words(workload: Workload, wanted: Collection[Signal]) -> dict[str, str]:
    """Name every signal that was asked for, with what it said, or that it could not be told."""
    return {
        signal: UNKNOWN if signal in workload.unknown else _SAYING[signal](workload)
        for signal in sorted(wanted)
    }


def parts_in_words(parts: Parts, quality_source: str | None = None) -> Iterator[str]:
    """Yield what a score is made of, as far as its strategy knows."""
    if parts.quality is not None:
        source = f" by {quality_source}" if quality_source else ""
        yield f"quality {parts.quality:.2f}{source}"
    if parts.cost_usd is not None:
        yield f"cost {parts.cost_usd:.2g} USD"
    if parts.latency_s is not None:
        yield f"latency {parts.latency_s:.2g} s"
    if parts.bonus is not None:
        yield f"bonus {parts.bonus:.2g}"


def score_in_words(score: float | None) -> str:
    return "no score" if score is None else f"score {score:.6g}"


def candidate_in_words(decision: Decision) -> Callable[[Model], str]:
    """Return what says of a candidate how it scored, and by what."""

    def said(model: Model) -> str:
        score = score_in_words(decision.scores.get(model.name))
        parts = parts_in_words(decision.parts.get(model.name, Parts()), quality_source(model))
        return f"{model.name}: {', '.join([score, *parts])}"

    return said


def quality_source(model: Model) -> str:
    """Say who tells the quality of a model before anything is learnt of it here."""
    if model.quality:
        return model.quality_source or "the configuration"
    return "its price" if model.price else "nobody, not even a price"


def wishes_in_words(preferences: Preferences) -> Iterator[str]:
    if preferences.cost is not None:
        yield f"cost weight {preferences.cost:g}"
    if preferences.latency is not None:
        yield f"latency weight {preferences.latency:g}"
    if preferences.max_cost_usd is not None:
        yield f"at most {preferences.max_cost_usd:g} USD"


def check_in_words(check: Check) -> str:
    if check.how == "agree":
        return f"asked {check.samples} times, until answers agree"
    verifiers = ", ".join(check.verifiers) or "no verifier"
    return f"held until it passes ({verifiers}), else up to {check.escalations} further models"


def _category(workload: Workload) -> str:
    chances: Mapping[str, float] = workload.probabilities
    if not chances:
        return workload.category
    likeliest = max(chances, key=lambda name: chances[name])
    if workload.category == UNKNOWN:
        return f"{UNKNOWN}, likeliest {likeliest} ({chances[likeliest]:.2f})"
    return f"{workload.category} ({chances.get(workload.category, 0.0):.2f})"


def _conversation(workload: Workload) -> str:
    session = f" of session {workload.session}" if workload.session else ""
    failed = f", {workload.failed_tools} failed tools" if workload.failed_tools else ""
    return f"turn {workload.turn}{session}{failed}"


def _features(workload: Workload) -> str:
    return UNKNOWN if workload.features is None else f"{len(workload.features)} numbers"


def _share(value: float | None) -> str:
    return UNKNOWN if value is None else f"{value:.2f}"


_SAYING: Mapping[Signal, Callable[[Workload], str]] = {
    "category": _category,
    "complexity": lambda workload: _share(workload.complexity),
    "conversation": _conversation,
    "features": _features,
    "fingerprint": lambda workload: workload.fingerprint or "no system prompt",
    "language": lambda workload: workload.language,
    "risks": lambda workload: ", ".join(sorted(workload.risks)) or "none",
    "warmth": lambda workload: _share(workload.warmth),
}
