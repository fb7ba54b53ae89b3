"""Tells a decision with all that led to it, for `POST /v1/route` and `explain --json`."""

from dataclasses import asdict
from typing import Any

from wrp_proxy.catalog import Catalog
from wrp_proxy.deciding import Considered
from wrp_proxy.reasons import (
    parts_in_words,
    quality_source,
    score_in_words,
    signals_in_words,
    whole_reason,
)
from wrp_proxy.signals import Parts
from wrp_proxy.types import Decision, Model, Workload

_NOTHING = Parts()


def explanation(considered: Considered, catalog: Catalog) -> dict[str, Any]:
    """Return plain values; numbers that the strategy does not know are None."""
    workload, decision, route = considered.workload, considered.decision, considered.route
    return {
        "route": route.name,
        "strategy": decision.router,
        "model": decision.ranking[0].name,
        "reason": decision.reason,
        "explanation": whole_reason(decision, workload, route.signals),
        "ranking": [model.name for model in decision.ranking],
        "scores": dict(decision.scores),
        "propensity": decision.propensity,
        "candidates": [_candidate(model, decision) for model in decision.ranking],
        "excluded": catalog.exclusions(considered.models, workload),
        "fired": list(decision.fired),
        "signals": signals_in_words(workload, route.signals),
        "unknown": sorted(workload.unknown),
        "preferences": asdict(workload.preferences),
        "check": asdict(decision.check) if decision.check else None,
        "parameters": dict(decision.parameters),
        "cache": decision.cache,
        "workload": _workload(workload),
    }


def _candidate(model: Model, decision: Decision) -> dict[str, Any]:
    parts = decision.parts.get(model.name, _NOTHING)
    score = decision.scores.get(model.name)
    source = quality_source(model)
    said = [score_in_words(score), *parts_in_words(parts, source)]
    return {
        "model": model.name,
        "score": score,
        **asdict(parts),
        "quality_source": source,
        "in_words": ", ".join(said),
    }


def _workload(workload: Workload) -> dict[str, Any]:
    return {
        "kind": workload.kind,
        "category": workload.category,
        "probabilities": dict(workload.probabilities),
        "input_tokens": workload.input_tokens,
        "input_tokens_exact": workload.tokens_exact,
        "expected_output_tokens": workload.expected_output_tokens,
        "needs": sorted(workload.needs),
        "session": workload.session,
        "turn": workload.turn,
        "failed_tools": workload.failed_tools,
        "warmth": workload.warmth,
        "fingerprint": workload.fingerprint,
        "language": workload.language,
        "complexity": workload.complexity,
        "risks": sorted(workload.risks),
    }
