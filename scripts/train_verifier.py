"""Teach the cache's learned verifier and write its weights.

    python scripts/train_verifier.py --data FOLDER --date 2026-11-25

FOLDER (or the variable WRP_DATA) holds `cache/traps.public.jsonl.gz`. It needs the weights of the
embedder and scikit-learn. The file names what the weights were learnt from and how they did on
pairs that they were not learnt from.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from cache_pairs import labelled, trap_pairs
from cache_training import CUTS, FOLDS, OutOfFold, fitted
from wrp_proxy.cache.calibration import Pair, served
from wrp_proxy.cache.embedders.onnx import OnnxMiniLM
from wrp_proxy.cache.policy import FLOOR
from wrp_proxy.cache.verifier.learned import SHIPPED

_DATA = {
    "fow-cache": "CC BY 4.0, (c) 2026 Mabon ap Gwyn",
    "redis-langcache-eval": "MIT, (c) 2025 Redis Inc.",
}
"""What the traps are made of."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("WRP_DATA"))
    parser.add_argument("--date", default=date.today().isoformat())  # noqa: DTZ011 - a label only
    parser.add_argument("--output", type=Path, default=SHIPPED)
    asked = parser.parse_args()
    if asked.data is None:
        parser.error("name the folder of the data with --data or WRP_DATA")
    rows = labelled(Path(asked.data), "traps", "public")
    report = trained(trap_pairs(rows), rows, asked.date)
    asked.output.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
    print(json.dumps(report["out_of_fold"], indent=2))


def trained(
    pairs: Sequence[Pair], rows: Sequence[Mapping[str, Any]], trained_on: str
) -> dict[str, Any]:
    """Return what the file holds."""
    bias, weights = fitted(pairs)
    sources = [row["source"] for row in rows]
    return {
        "trained_on": trained_on,
        "data": {
            name: {"pairs": sources.count(name), "licence": licence}
            for name, licence in _DATA.items()
        },
        "embedder": OnnxMiniLM().fingerprint,
        "out_of_fold": {"folds": FOLDS, "similarity_from": FLOOR}
        | {preset: _figures(pairs, cut) for preset, cut in CUTS.items()},
        "cuts": CUTS,
        "bias": round(bias, 6),
        "weights": {name: round(weight, 6) for name, weight in weights.items()},
    }


def _figures(pairs: Sequence[Pair], cut: float) -> dict[str, float]:
    row = served(pairs, OutOfFold(pairs, cut), FLOOR)
    return {
        "served": row.served,
        "wrong": row.wrong,
        "wrong_share": round(row.wrong_share, 4),
        "recall": round(row.recall, 4),
    }


if __name__ == "__main__":
    main()
