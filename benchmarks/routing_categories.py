"""How well the classifier tells categories, on questions that it was not taught with."""

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wrp_proxy.workload.category.head import Head, Matrix

CATEGORY_OF = {
    "agentverse-logicgrid": "reasoning",
    "agentverse-mgsm": "mathematics",
    "arc_challenge": "science",
    "biology": "science",
    "business": "finance",
    "chemistry": "science",
    "commonsense_qa": "reasoning",
    "computer science": "coding",
    "crux": "coding",
    "economics": "finance",
    "engineering": "science",
    "gpqa": "science",
    "gsm": "mathematics",
    "gsm8k": "mathematics",
    "health": "medicine",
    "history": "history",
    "human_eval": "coding",
    "law": "law",
    "math": "mathematics",
    "math-l5": "mathematics",
    "mbpp": "coding",
    "natural_qa": "knowledge",
    "openbook_qa": "science",
    "philosophy": "humanities",
    "physics": "science",
    "psychology": "humanities",
    "trivia_qa": "knowledge",
}
"""Benchmark -> the category of its questions. Left out: mixtures of all subjects (mmlu, MMLU-Pro's
`other`, mt_bench), and commongen, which is bare lists of words without a task."""
SETS = ("llmrouter14", "mmlupro", "zeroeval")
_MOST = 2000
"""Questions of one set."""
_BINS = 10


@dataclass(frozen=True, slots=True)
class Measured:
    questions: int
    accuracy: float
    """Of those that got a category."""
    abstention: float
    """Share of those that got none."""
    accuracy_of_all: float
    """As if none were abstained from."""
    calibration_error: float
    """Mean distance of stated chances from observed shares, in ten bins (ECE)."""


def asked_questions(folder: Path) -> list[tuple[str, str]]:
    """Return text and category of the public questions: of each set as many, evenly spaced."""
    asked: list[tuple[str, str]] = []
    for name in SETS:
        found = list(dict.fromkeys(_questions(folder / "routing" / f"{name}.public")))
        step = max(len(found) / _MOST, 1.0)
        asked += [found[int(place * step)] for place in range(int(len(found) / step))]
    return asked


def _questions(stem: Path) -> Iterator[tuple[str, str]]:
    with gzip.open(f"{stem}.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            if (category := CATEGORY_OF.get(row["benchmark"])) is not None:
                yield row["query"], category


def measure(head: Head, rows: Matrix, wanted: Sequence[str], threshold: float) -> Measured:
    chances = head.probabilities(rows)
    named = [head.names[place] for place in chances.argmax(axis=1)]
    is_right = np.array([name == right for name, right in zip(named, wanted, strict=True)])
    surest = chances.max(axis=1)
    is_named = surest >= threshold
    return Measured(
        questions=len(wanted),
        accuracy=float(is_right[is_named].mean()),
        abstention=float(1.0 - is_named.mean()),
        accuracy_of_all=float(is_right.mean()),
        calibration_error=_calibration_error(surest, is_right),
    )


def _calibration_error(surest: Matrix, is_right: Matrix) -> float:
    bins = np.minimum((surest * _BINS).astype(int), _BINS - 1)
    return float(
        sum(
            abs(is_right[bins == one].mean() - surest[bins == one].mean()) * (bins == one).mean()
            for one in range(_BINS)
            if (bins == one).any()
        )
    )
