"""Small made-up sets of outcomes: two kinds of questions, and models that are good at one."""

import gzip
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

META: Mapping[str, Any] = {
    "models": ["spare", "calculator", "writer", "giant"],
    "pool": ["calculator", "writer", "giant"],
    "prices": {
        "spare": [9, 9],
        "calculator": [0.1, 0.1],
        "writer": [0.2, 0.2],
        "giant": [2.0, 2.0],
    },
}
TRUTH = {
    "sums": {"spare": 0.1, "calculator": 0.9, "writer": 0.2, "giant": 0.7},
    "poems": {"spare": 0.1, "calculator": 0.2, "writer": 0.9, "giant": 0.7},
}
"""The best single model is `giant`, and knowing the kind of question gains .2 over it."""
COST_USD = {"spare": 0.009, "calculator": 0.0001, "writer": 0.0002, "giant": 0.002}


def lines(count: int, seed: int = 1) -> list[dict[str, Any]]:
    """Return questions in turns of both kinds; each answer is right or wrong by its chance."""
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    made = []
    for number in range(count):
        kind = ("sums", "poems")[number % 2]
        made.append(
            {
                "id": f"{kind}-{number}",
                "benchmark": kind,
                "query": _question(kind, draw),
                "s": [float(draw.random() < TRUTH[kind][name]) for name in META["models"]],
                "c": [COST_USD[name] for name in META["models"]],
            }
        )
    return made


def write(folder: Path, name: str, rows: Sequence[Mapping[str, Any]]) -> Path:
    """Write packed lines, and the meta file beside them."""
    file = folder / f"{name}.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))
    (folder / "meta.json").write_text(json.dumps(META))
    return file


def _question(kind: str, draw: random.Random) -> str:
    if kind == "sums":
        return f"What is {draw.randrange(999)} plus {draw.randrange(999)}, times {draw.random()}?"
    words = draw.sample(["moon", "river", "winter", "love", "harbour", "silence", "garden"], 3)
    return f"Write me a poem about {', '.join(words)} in the style of an old song."
