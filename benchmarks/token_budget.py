"""How often requests go to the wrong part of a pool that is cut by context length.

    python benchmarks/token_budget.py [--requests N] [--seed N] [--data FOLDER]

A trace of prose, programs, European languages, Chinese and Japanese, the JSON of tools, and some
base64 is answered by a pool with windows of 8,192 and 65,536 tokens. tiktoken's count of all of it
is the truth. FOLDER (or the variable WRP_DATA) may hold more prose, as `*.txt` and `*.md`.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from statistics import fmean
from time import process_time
from typing import Annotated

import typer

from token_replay import SHORT, WARM, Replay, tallied
from token_texts import Texts
from token_trace import Asked, answered, trace
from wrp_proxy.types import Workload
from wrp_proxy.workload.context_length import ContextLength, load_tiktoken
from wrp_proxy.workload.token_estimate import TokenEstimate

_GAMMAS = (0.0, 0.25, 0.5, 1.0, 2.0)
_DOUBTS = (2.0, 3.0, 4.0, 5.0)
_ROUNDS = 20


def main(
    requests: Annotated[int, typer.Option(help="Length of the trace.")] = 2000,
    seed: int = 1,
    data: Annotated[
        Path | None, typer.Option(envvar="WRP_DATA", help="Folder with more prose.")
    ] = None,
) -> None:
    asked = list(trace(Texts(Random(seed), _more_prose(data)), Random(seed), requests))  # noqa: S311 - reproducible
    replay = Replay()
    asyncio.run(replay.run(asked))
    print(f"{len(asked)} requests, {sum(one.input_tokens > SHORT for one in asked)} of them long\n")
    _print_ways(replay)
    _print_classes(replay.seen)
    _print_convergence(replay.seen)
    _print_gammas(replay)
    _print_costs(replay, asked)


def _more_prose(data: Path | None) -> list[str]:
    paths = sorted(data.rglob("*")) if data else []
    return [p.read_text(errors="ignore") for p in paths if p.suffix in {".txt", ".md"}]


def _print_ways(replay: Replay) -> None:
    print(f"| way | misrouted | after {WARM} | to a window too short | refused | counted |")
    print("|---|---|---|---|---|---|")
    for way, (of_all, warm) in replay.tallies.items():
        print(of_all.row(way, warm))
    took = replay.recounting_s
    if took:
        print(f"\nAn exact count takes {fmean(took) * 1e3:.1f} ms of CPU, in a thread.")


def _print_classes(seen: Sequence[tuple[Workload, Asked]]) -> None:
    for title, name_of in _NAMES:
        print(f"\n| {title} | requests | bytes per token | deviation |\n|---|---|---|---|")
        ratios: dict[str, list[float]] = {}
        for workload, asked in seen:
            name = name_of(workload, asked)
            ratios.setdefault(name, []).append(workload.text_bytes / asked.text_tokens)
        for name, values in sorted(ratios.items()):
            mean = fmean(values)
            deviation = fmean([(value - mean) ** 2 for value in values]) ** 0.5
            print(f"| {name} | {len(values)} | {mean:.2f} | {deviation / mean:.1%} |")


_NAMES: tuple[tuple[str, Callable[[Workload, Asked], str]], ...] = (
    ("kind", lambda workload, asked: asked.kind),
    ("class", lambda workload, asked: workload.text_class or "short"),
)


def _print_convergence(seen: Sequence[tuple[Workload, Asked]]) -> None:
    """Print the mean error of the mean ratio, by how many of its class were seen before."""
    errors: dict[str, list[float]] = {name: [] for _, name in _GROUPS}
    estimate, counts = TokenEstimate(gamma=0.0), Counter[str]()
    for workload, asked in seen:
        label, size = workload.text_class, workload.text_bytes
        if not label:
            continue
        group = next(name for most, name in _GROUPS if counts[label] < most)
        errors[group].append(abs(estimate.tokens(size, label)[0] / asked.text_tokens - 1))
        estimate.observe(size, asked.text_tokens, label)
        counts[label] += 1
    print("\n| seen of the class | mean error of the estimate |\n|---|---|")
    for name, several in errors.items():
        print(f"| {name} | {fmean(several):.1%} |" if several else f"| {name} | |")


_GROUPS = ((1, "0"), (10, "1-9"), (50, "10-49"), (200, "50-199"), (10**9, "200 and more"))


def _print_gammas(replay: Replay) -> None:
    print("\n| gamma | misrouted by the estimate | to a window too short |\n|---|---|---|")
    for gamma in _GAMMAS:
        tally = tallied(replay, TokenEstimate(gamma=gamma), counts=False)
        print(f"| {gamma} | {tally.misrouted / tally.requests:.2%} | {tally.unfit} |")
    print("\n| deviations of doubt | counted | misrouted | to a window too short |")
    print("|---|---|---|---|")
    for doubt in _DOUBTS:
        tally = tallied(replay, TokenEstimate(doubt_gamma=doubt), counts=True)
        shares = (tally.doubtful / tally.requests, tally.misrouted / tally.requests)
        print(f"| {doubt} | {shares[0]:.1%} | {shares[1]:.2%} | {tally.unfit} |")


def _print_costs(replay: Replay, requests: Sequence[Asked]) -> None:
    some = requests[:200]
    measured = ContextLength(TokenEstimate(), load_tiktoken())
    outcomes = [answered(asked, workload) for workload, asked in replay.seen[:200]]
    kilobytes = sum(len(asked.request.raw) for asked in some) / len(some) / 1000
    measuring = _best_us(lambda: [measured.measure(asked.request.body) for asked in some])
    learning = _best_us(lambda: list(map(replay.classifier.learn, outcomes)))
    print("\n| step | CPU microseconds a request |\n|---|---|")
    print(f"| measure ({kilobytes:.0f} kB on average) | {measuring / len(some):.1f} |")
    print(f"| learn | {learning / len(outcomes):.1f} |")


def _best_us(work: Callable[[], object]) -> float:
    """Return the CPU time of the fastest of some rounds."""
    times = []
    for _ in range(_ROUNDS):
        began = process_time()
        work()
        times.append(process_time() - began)
    return min(times) * 1e6


if __name__ == "__main__":
    typer.run(main)
