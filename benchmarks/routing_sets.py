"""Public sets of outcomes: where they are, and which part of each is for testing."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from wrp_proxy.evaluation.table import OutcomeTable, read_meta, read_table

_ENDING = ".public.jsonl.gz"


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicSet:
    """One set, split again: what strategies learn from, and what they are measured on."""

    name: str
    train: OutcomeTable
    test: OutcomeTable


def set_names(folder: Path) -> list[str]:
    """List the sets, the largest file first; `folder` holds them, or a folder `routing` does."""
    files = sorted(_folder(folder).glob(f"*{_ENDING}"), key=lambda file: -file.stat().st_size)
    return [file.name.removesuffix(_ENDING) for file in files]


def read_set(folder: Path, name: str) -> PublicSet:
    where = _folder(folder)
    table = read_table(where / f"{name}{_ENDING}", read_meta(where / f"{name}.meta.json"))
    is_test = np.array([_is_test(query.text) for query in table.queries])
    return PublicSet(
        name=name,
        train=table.rows(np.flatnonzero(~is_test)),
        test=table.rows(np.flatnonzero(is_test)),
    )


def sampled(table: OutcomeTable, count: int, seed: int) -> OutcomeTable:
    """Draw queries with replacement: a stream as long as wanted."""
    return table.rows(np.random.default_rng(seed).integers(len(table), size=count))


def with_swapped(table: OutcomeTable, one: int, two: int) -> OutcomeTable:
    """Let two models be as good as the other one was, at their own costs."""
    columns = np.arange(len(table.models))
    columns[[one, two]] = two, one
    return OutcomeTable(
        models=table.models,
        queries=table.queries,
        scores=table.scores[:, columns],
        costs_usd=table.costs_usd,
        latencies_s=table.latencies_s,
    )


def only_models(table: OutcomeTable, columns: Sequence[int]) -> OutcomeTable:
    return OutcomeTable(
        models=tuple([table.models[column] for column in columns]),
        queries=table.queries,
        scores=table.scores[:, columns],
        costs_usd=table.costs_usd[:, columns],
        latencies_s=table.latencies_s[:, columns],
    )


def _folder(folder: Path) -> Path:
    return folder / "routing" if (folder / "routing").is_dir() else folder


def _is_test(text: str) -> bool:
    """Take a third by a digit of the hash that the public part was not chosen by."""
    digest = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()
    return int(digest, 16) // 3 % 3 == 0
