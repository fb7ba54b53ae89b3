"""Labelled questions for the cache: where they are, and their vectors."""

import gzip
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wrp_proxy.cache.calibration import Pair
from wrp_proxy.cache.embedders.onnx import OnnxMiniLM

Matrix = npt.NDArray[np.float32]


def labelled(folder: Path, name: str, part: str) -> list[dict[str, Any]]:
    """Read one set; `folder` holds `NAME.PART.jsonl.gz`, or a folder `cache` that does."""
    file = f"{name}.{part}.jsonl.gz"
    inner = folder / "cache" / file
    with gzip.open(inner if inner.exists() else folder / file, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def embedded(texts: Iterable[str]) -> Mapping[str, Matrix]:
    """Return the vector of each text, by the embedder that the proxy uses."""
    model = OnnxMiniLM()
    model.load()
    listed = sorted(set(texts), key=len)
    return dict(zip(listed, model.embed_batch(listed), strict=True))


def trap_pairs(rows: Sequence[Mapping[str, Any]]) -> list[Pair]:
    vectors = embedded(row[side] for row in rows for side in ("text_a", "text_b"))
    return [
        Pair(
            text_a=row["text_a"],
            text_b=row["text_b"],
            same=bool(row["same"]),
            similarity=float(vectors[row["text_a"]] @ vectors[row["text_b"]]),
        )
        for row in rows
    ]


def digest(text: str) -> int:
    """Return a number that is the same on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode(errors="replace")).digest()[:8])
