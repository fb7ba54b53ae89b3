"""Teach the classifier its categories and write its model.

    python scripts/train_categories.py --date 2026-11-26 [--data FOLDER]

It learns from the example prompts of the package, each once as it is and once within an
instruction. FOLDER (or the variable WRP_DATA) holds `routing/*.gz`: public sets of other people's
questions, which nothing is learnt from, but for how sure the classifier must be. It needs the
weights of the embedder, and takes some minutes.
"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))

from routing_categories import Measured, asked_questions, measure
from wrp_proxy.cache.embedders.onnx import OnnxMiniLM
from wrp_proxy.workload.category.features import STATIC, TextFeatures
from wrp_proxy.workload.category.head import Head, Matrix, fit_head
from wrp_proxy.workload.category.prompts import ExamplePrompt, example_prompts
from wrp_proxy.workload.category.recogniser import SHIPPED, deep_features, embedded_text
from wrp_proxy.workload.category.wrappings import wrapped

_LIGHT_STRENGTH, _DEEP_STRENGTH = 10.0, 10.0
_KEPT = 0.8
"""Share of questions that are to get a category."""
_BATCH = 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=os.environ.get("WRP_DATA"))
    parser.add_argument("--date", default=date.today().isoformat())  # noqa: DTZ011 - a label only
    parser.add_argument("--output", type=Path, default=SHIPPED)
    asked = parser.parse_args()
    model = OnnxMiniLM()
    model.load()
    static = distilled(model)
    features = TextFeatures(static)
    prompts = list(example_prompts())
    taught = prompts + list(wrapped(prompts))
    rows = np.array([features.of(prompt.text) for prompt in taught], np.float32)
    both = deep_features(rows, embedded(model, [prompt.text for prompt in taught]))
    labels = [prompt.category for prompt in taught]
    variants = [*range(len(prompts)), *range(len(prompts))]
    light = fit_head(rows, labels, strength=_LIGHT_STRENGTH, groups=variants)
    deep = fit_head(both, labels, strength=_DEEP_STRENGTH, groups=variants)
    card = _card(prompts, labels, rows, both, asked.date)
    threshold = 0.4
    if asked.data is not None:
        questions = asked_questions(Path(asked.data))
        seen = np.array([features.of(text) for text, _ in questions], np.float32)
        vectors = embedded(model, [text for text, _ in questions])
        wanted = [category for _, category in questions]
        threshold = _threshold(light, seen)
        card["on_public_questions"] = {
            "without_embedder": _shown(measure(light, seen, wanted, threshold)),
            "with_embedder": _shown(measure(deep, deep_features(seen, vectors), wanted, threshold)),
        }
    card["threshold"] = round(threshold, 3)
    _write(asked.output, static, light, deep, threshold)
    asked.output.with_suffix(".json").write_text(json.dumps(card, indent=2) + "\n", "utf-8")
    print(json.dumps(card, indent=2))


def distilled(model: OnnxMiniLM) -> npt.NDArray[np.int8]:
    """Return a vector for each word piece: what the model makes of it alone, cut short."""
    tokenizer: Any = model._tokenizer
    begin, end = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")
    pieces = range(tokenizer.get_vocab_size())
    vectors = [
        model._pooled([[begin, piece, end] for piece in pieces[start : start + _BATCH]])
        for start in range(0, len(pieces), _BATCH)
    ]
    centred = np.concatenate(vectors) - np.concatenate(vectors).mean(axis=0)
    _, _, directions = np.linalg.svd(centred, full_matrices=False)
    cut = centred @ directions[:STATIC].T
    cut /= np.maximum(np.linalg.norm(cut, axis=1, keepdims=True), 1e-9)
    static: npt.NDArray[np.int8] = np.round(cut * 127).astype(np.int8)
    return static


def embedded(model: OnnxMiniLM, texts: Sequence[str]) -> Matrix:
    """Embed as much of each text as fits the model's window."""
    return np.array([_embedded(model, text) for text in texts], np.float32)


def _embedded(model: OnnxMiniLM, text: str) -> Matrix:
    place = 0
    while (cut := embedded_text(text, place)) is not None:
        if (vector := model.embed_one(cut)) is not None:
            return vector
        place += 1
    return np.zeros(model.dimensions, np.float32)


def _card(
    prompts: Sequence[ExamplePrompt],
    labels: Sequence[str],
    rows: Matrix,
    both: Matrix,
    trained_on: str,
) -> dict[str, Any]:
    """Say what the model was learnt from, and how it does on prompts that were held out."""
    count = len(prompts)
    languages = [prompt.language for prompt in prompts]
    return {
        "trained_on": trained_on,
        "prompts": {name: languages.count(name) for name in sorted(set(languages))},
        "categories": {name: labels[:count].count(name) for name in sorted(set(labels))},
        "held_out_fifth": {
            "without_embedder": _held_out(rows, labels, count, _LIGHT_STRENGTH, languages),
            "with_embedder": _held_out(both, labels, count, _DEEP_STRENGTH, languages),
        },
    }


def _held_out(
    rows: Matrix, labels: Sequence[str], count: int, strength: float, languages: Sequence[str]
) -> dict[str, float]:
    is_held = np.arange(len(labels)) % count % 5 == 0
    head = fit_head(
        rows[~is_held],
        [x for x, h in zip(labels, is_held, strict=True) if not h],
        strength=strength,
    )
    held = np.flatnonzero(is_held[:count]).tolist()
    named = [head.names[place] for place in head.probabilities(rows[held]).argmax(axis=1)]
    right = np.array([name == labels[i] for name, i in zip(named, held, strict=True)])
    spoken = np.array(languages)[held]
    by_language = {name: float(right[spoken == name].mean()) for name in sorted(set(languages))}
    return {"all": float(right.mean()), **by_language}


def _threshold(head: Head, rows: Matrix) -> float:
    surest = head.probabilities(rows).max(axis=1)
    return float(np.quantile(surest, 1.0 - _KEPT))


def _shown(measured: Measured) -> dict[str, Any]:
    return {
        "questions": measured.questions,
        "accuracy": round(measured.accuracy, 4),
        "abstention": round(measured.abstention, 4),
        "accuracy_of_all": round(measured.accuracy_of_all, 4),
        "expected_calibration_error": round(measured.calibration_error, 4),
    }


def _write(
    path: Path, static: npt.NDArray[np.int8], light: Head, deep: Head, threshold: float
) -> None:
    arrays: dict[str, Any] = {
        "static": static,
        "names": np.array(light.names),
        "threshold": np.array(threshold, np.float32),
    }
    for name, head in (("light", light), ("deep", deep)):
        arrays[f"{name}_weights"] = head.weights.astype(np.float16)
        arrays[f"{name}_bias"] = head.bias.astype(np.float16)
        arrays[f"{name}_temperature"] = np.array(head.temperature, np.float32)
    np.savez_compressed(path, **arrays)


if __name__ == "__main__":
    main()
