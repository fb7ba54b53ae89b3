"""What strategies learn from, beside a journal's other columns: two short pieces of JSON."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from math import isfinite
from typing import Any

from wrp_proxy.signals import NO_PREFERENCES, UNKNOWN, Preferences
from wrp_proxy.types import Workload

_DIGITS = 3


def context_of(workload: Workload) -> str:
    """Write down what is known of a workload; nothing that the caller said is in it."""
    known: dict[str, Any] = {
        "text_bytes": workload.text_bytes,
        "expected_output_tokens": workload.expected_output_tokens,
        "turn": workload.turn,
    }
    if chances := _rounded(workload.probabilities):
        known["probabilities"] = chances
    if workload.complexity is not None and isfinite(workload.complexity):
        known["complexity"] = round(workload.complexity, _DIGITS)
    if workload.language != UNKNOWN:
        known["language"] = workload.language
    if workload.failed_tools:
        known["failed_tools"] = workload.failed_tools
    if workload.risks:
        known["risks"] = sorted(workload.risks)
    if preferences := _set(workload.preferences):
        known["preferences"] = preferences
    return _json(known)


def workload_of(row: Mapping[str, Any]) -> Workload:
    """Build the workload of a journal's row.

    Of rows that are older than the context, the answer's length stands for what was expected. What
    is left of the probabilities is made to add up to 1 again.
    """
    context = json.loads(row["context"] or "{}")
    return Workload(
        input_tokens=row["input_tokens"],
        tokens_exact=bool(row["tokens_exact"]),
        text_bytes=context.get("text_bytes", 0),
        max_output_tokens=None,
        expected_output_tokens=context.get("expected_output_tokens", row["completion_tokens"] or 0),
        kind=row["kind"],
        needs=frozenset(filter(None, row["needs"].split(","))),
        category=row["category"],
        probabilities=_whole(context.get("probabilities", {})),
        tenant=row["tenant"],
        session=row["session"],
        turn=context.get("turn", 1),
        failed_tools=context.get("failed_tools", 0),
        language=context.get("language", UNKNOWN),
        complexity=context.get("complexity"),
        risks=frozenset(context.get("risks", ())),
        preferences=Preferences(**context.get("preferences", {})),
    )


def scores_of(scores: Mapping[str, float | None]) -> str | None:
    """Write the scores of a decision down; None where there are none."""
    finite = {
        name: score if score is not None and isfinite(score) else None
        for name, score in scores.items()
    }
    return _json(finite) if finite else None


def read_scores(written: str | None) -> dict[str, float | None]:
    scores: dict[str, float | None] = json.loads(written or "{}")
    return scores


def _rounded(probabilities: Mapping[str, float]) -> dict[str, float]:
    """Keep the improbable ones too: strategies know a set of categories by all its names."""
    return {name: round(chance, _DIGITS) for name, chance in probabilities.items()}


def _whole(chances: Mapping[str, float]) -> dict[str, float]:
    total = sum(chances.values())
    return {name: chance / total for name, chance in chances.items()} if total > 0 else {}


def _set(preferences: Preferences) -> dict[str, float]:
    if preferences is NO_PREFERENCES:
        return {}
    return {name: value for name, value in asdict(preferences).items() if value is not None}


def _json(value: Mapping[str, Any]) -> str:
    # ASCII: what is no text, such as half of a surrogate pair, must not keep a batch from the disk.
    return json.dumps(value, separators=(",", ":"))
