"""Measure how often the cache answers another question than the one that was asked.

    python benchmarks/cache_quality.py --data FOLDER [--part public] [--pictures FOLDER] [--check]

FOLDER (or the variable WRP_DATA) holds labelled data: adversarial pairs (`traps`), real questions
(`qqp`) and conversations (`multiturn`). The learned verifier is tested on pairs that it was not
taught with: out of fold on the public part, by the shipped weights on any other.
"""

import gc
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from cache_pairs import embedded, labelled, trap_pairs
from cache_stream import Stream, make_stream
from cache_training import CUTS, OutOfFold
from wrp_proxy.cache.admission import needs_its_words
from wrp_proxy.cache.base import Verifier
from wrp_proxy.cache.calibration import Pair, Served, calibrate, served
from wrp_proxy.cache.guard.guard import LexicalGuard
from wrp_proxy.cache.policy import FLOOR, PRESETS
from wrp_proxy.cache.question import find_question
from wrp_proxy.cache.verifier.learned import LearnedVerifier

SEED = 8
"""Of 0 to 15 the one whose stream has nearest to 19.7 % repeats, as an earlier measurement had."""
BALANCED = PRESETS["balanced"].threshold


class Unguarded:
    """A Verifier that believes the cosine."""

    def refuse(self, asked: str, known: str, similarity: float) -> str | None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What was measured."""

    traps: Mapping[str, Served]
    learned: Mapping[str, Served]
    tables: Mapping[str, Sequence[Served]]
    """Rows by threshold, of verifiers by name."""
    categories: Mapping[str, Served]
    stream: Stream
    rounds: Mapping[str, Served]
    """What is served of the stream, by verifier and threshold."""
    turns: Served
    refuse_ms: float


def main(
    data: Annotated[Path, typer.Option(envvar="WRP_DATA", help="Folder of labelled data.")],
    part: Annotated[str, typer.Option(help="Which part of each set.")] = "public",
    pictures: Annotated[Path | None, typer.Option(help="Folder to draw curves into.")] = None,
    seed: Annotated[int, typer.Option(help="Of the stream of questions.")] = SEED,
    check: Annotated[
        bool, typer.Option("--check", help="Exit 1 where a target is missed.")
    ] = False,
) -> None:
    """Print what is served, what of it is wrong, and what the targets are."""
    found = measure(data, part, seed)
    report(found)
    if pictures is not None:
        from cache_pictures import draw

        draw(found.tables, pictures)
    missed = misses(found)
    for line in missed:
        print(f"missed: {line}")
    sys.exit(1 if check and missed else 0)


def measure(data: Path, part: str, seed: int) -> Quality:
    rows = labelled(data, "traps", part)
    pairs = trap_pairs(rows)
    learned = {preset: _learned(pairs, part, preset) for preset in CUTS}
    guard = LexicalGuard()
    stream = make_stream(labelled(data, "qqp", part), seed)
    return Quality(
        traps={
            "no guard": served(pairs, Unguarded(), BALANCED),
            "strict": served(pairs, LexicalGuard(strict=True), PRESETS["strict"].threshold),
            "balanced": served(pairs, guard, BALANCED),
            "lenient": served(pairs, guard, PRESETS["lenient"].threshold),
        },
        learned={preset: served(pairs, learned[preset], FLOOR) for preset in CUTS},
        tables={
            "no guard": calibrate(pairs, Unguarded()),
            "guard": calibrate(pairs, guard),
            "learned": calibrate(pairs, learned["balanced"]),
        },
        categories=_by_category(rows, pairs, guard),
        stream=stream,
        rounds=_rounds(stream, guard, LearnedVerifier.load("balanced")),
        turns=_turns(labelled(data, "multiturn", part), guard),
        refuse_ms=_refuse_ms(stream, guard),
    )


def _learned(pairs: Sequence[Pair], part: str, preset: str) -> Verifier:
    if part == "public":
        return OutOfFold(pairs, CUTS[preset])
    return LearnedVerifier.load(preset)


def _by_category(
    rows: Sequence[Mapping[str, Any]], pairs: Sequence[Pair], guard: Verifier
) -> Mapping[str, Served]:
    grouped: dict[str, list[Pair]] = defaultdict(list)
    for row, pair in zip(rows, pairs, strict=True):
        grouped[row["category"]].append(pair)
    return {name: served(group, guard, BALANCED) for name, group in sorted(grouped.items())}


def _rounds(stream: Stream, guard: Verifier, learned: Verifier) -> Mapping[str, Served]:
    return {
        f"{name} {threshold}": stream.served(verifier, threshold)
        for name, verifier, thresholds in (
            ("no guard", Unguarded(), (0.90, 0.92, 0.95)),
            ("guard", guard, (0.88, 0.90, 0.92, 0.95)),
            ("learned", learned, (FLOOR, 0.92)),
        )
        for threshold in thresholds
    }


def _turns(rows: Sequence[Mapping[str, Any]], guard: Verifier) -> Served:
    """Serve conversations as the cache does: earlier turns must be the same."""
    able = [
        row
        for row in rows
        if row["a"][:-1] == row["b"][:-1]
        and _leans_on_nothing(row["a"])
        and _leans_on_nothing(row["b"])
    ]
    vectors = embedded(row[side][-1]["content"] for row in able for side in ("a", "b"))
    last = [(row["a"][-1]["content"], row["b"][-1]["content"], row["same"]) for row in able]
    answered = served(
        [
            Pair(text_a=a, text_b=b, same=bool(same), similarity=float(vectors[a] @ vectors[b]))
            for a, b, same in last
        ],
        guard,
        BALANCED,
    )
    return Served(
        threshold=BALANCED,
        pairs=len(rows),
        same=sum(row["same"] for row in rows),
        served=answered.served,
        wrong=answered.wrong,
    )


def _leans_on_nothing(messages: Sequence[Any]) -> bool:
    question = find_question("chat", {"messages": messages})
    return needs_its_words(question, PRESETS["balanced"]) is None


def _refuse_ms(stream: Stream, guard: Verifier) -> float:
    """Time questions of about 20 words against all that is near them, as the cache does.

    Every text is read anew. The least of five passes counts: others use the machine too.
    """
    asked = [(text, near) for text, near in stream.asked if near and 15 <= len(text.split()) <= 25]
    gc.freeze()  # what this benchmark holds is none of the proxy's
    passes = []
    for number in range(1, 6):
        space = " " * number
        start = time.process_time()
        for text, near in asked:
            for one in near:
                guard.refuse(text + space, space + one.text, one.similarity)
        passes.append(time.process_time() - start)
    return min(passes) / max(sum(len(near) for _, near in asked), 1) * 1_000


def misses(found: Quality) -> list[str]:
    """Name each target that is missed."""
    balanced, learned = found.traps["balanced"], found.learned["balanced"]
    real = found.rounds[f"guard {BALANCED}"]
    checks = {
        "traps, balanced: wrong share <= .013": balanced.wrong_share <= 0.013,
        "traps, balanced: recall >= .29": balanced.recall >= 0.29,
        "traps, learned: wrong share <= .035": learned.wrong_share <= 0.035,
        "traps, learned: recall >= .35": learned.recall >= 0.35,
        "real questions, balanced: hit rate >= 7.9 %": real.hit_rate >= 0.079,
        "real questions, balanced: wrong share <= 15.5 %": real.wrong_share <= 0.155,
        "conversations served wrongly: 0": found.turns.wrong == 0,
        "guard: <= .2 ms a pair": found.refuse_ms <= 0.2,
    }
    return [name for name, met in checks.items() if not met]


def report(found: Quality) -> None:
    print("\nAdversarial pairs, by preset of the guard\n")
    _table(found.traps)
    print(f"\nAdversarial pairs, learned verifier from {FLOOR} on, by preset\n")
    _table(found.learned)
    print("\nAdversarial pairs, balanced, by category\n")
    _table(found.categories)
    for name, rows in found.tables.items():
        print(f"\nAdversarial pairs, {name}, by threshold\n")
        _table({f"{row.threshold:.2f}": row for row in rows})
    print(
        f"\n{found.stream.size:,} real questions, {found.stream.repeats:.1%} of them repeats;"
        " the labels are noisy\n"
    )
    _table(found.rounds)
    print("\nConversations, balanced\n")
    _table({"all": found.turns})
    print(f"\nguard: {found.refuse_ms:.3f} ms CPU for two texts of about 20 words\n")


def _table(rows: Mapping[str, Served]) -> None:
    print(f"{'':18}{'pairs':>8}{'served':>8}{'hits':>8}{'recall':>8}{'wrong':>7}  wrong share")
    for name, row in rows.items():
        low, high = row.wrong_bounds
        print(
            f"{name:18}{row.pairs:8,}{row.served:8,}{row.hit_rate:8.1%}{row.recall:8.3f}"
            f"{row.wrong:7,}  {row.wrong_share:.4f} ({low:.3f}-{high:.3f})"
        )


if __name__ == "__main__":
    typer.run(main)
