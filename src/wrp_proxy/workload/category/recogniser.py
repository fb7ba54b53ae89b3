"""Recognises the category of a text by what was learnt from example prompts."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any, Self

import numpy as np

from wrp_proxy.signals import Features
from wrp_proxy.workload.category.detector import fit_detectors
from wrp_proxy.workload.category.features import TextFeatures, excerpt
from wrp_proxy.workload.category.head import Head, Matrix, fit_head
from wrp_proxy.workload.category.prompts import example_prompts

SHIPPED = Path(__file__).parent / "model.npz"
Embed = Callable[[str], Awaitable[Matrix | None]]
"""Returns the embedding of a text; None: there is none in time."""

_OTHERS = 8
"""Every eighth example prompt is a counter-example of an operator's category."""
_CUTS = ((900, 200), (500, 100), (250, 50), (120, 0))
"""Characters of the beginning and the end; the first excerpt that fits the embedder's window."""
_HASHED_SHARE = np.float32(0.5)
_STRENGTH_OF_TASKS = 30.0


class Recognition:
    """A head over cheap features, and a better one for where there is an embedder, too.

    An embedding is computed beforehand (`prepare`), and kept in the context of its request: what is
    quicker the second time would tell one caller what another has asked. The cache shares it where
    it looks at the same text. Without one in time, the cheap features decide. Operator's categories
    stand before the others: each has its own chance, the rest share what is left.
    """

    def __init__(
        self,
        features: TextFeatures,
        light: Head,
        *,
        threshold: float,
        deep: Head | None = None,
        embed: Embed | None = None,
    ) -> None:
        self.threshold = threshold
        self._features = features
        self._light = light
        self._deep = deep
        self._embed = embed
        self._detectors: dict[str, Head] = {}
        self._embedded: ContextVar[tuple[str, Matrix] | None] = ContextVar("embedded", default=None)

    @classmethod
    def shipped(cls, embed: Embed | None = None, path: Path = SHIPPED) -> Self:
        """Load what `scripts/train_categories.py` has learnt."""
        features, light, deep, threshold = _load(path)
        return cls(features, light, deep=deep, embed=embed, threshold=threshold)

    @property
    def categories(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys([*self._detectors, *self._light.names]))

    def trained(self, texts: Sequence[str], labels: Sequence[str]) -> "Recognition":
        """Return a recogniser of other categories, learnt from these texts."""
        features = np.array([self._features.of(text) for text in texts], np.float32)
        head = fit_head(features, labels, strength=_STRENGTH_OF_TASKS)
        return Recognition(self._features, head, threshold=self.threshold)

    def add(self, examples: Mapping[str, Sequence[str]]) -> None:
        """Learn categories of an operator's own from some sentences each; takes a second."""
        if not examples:
            return
        others = list(example_prompts())[::_OTHERS]
        self._detectors = fit_detectors(
            {name: self._all(texts) for name, texts in examples.items()},
            self._all([prompt.text for prompt in others]),
            [prompt.category for prompt in others],
        )

    async def prepare(self, text: str) -> None:
        """Have a text embedded, if there is an embedder with time for it."""
        if self._embed is None or self._embedding(text) is not None or not text.strip():
            return
        for first, last in _CUTS:
            if (vector := await self._embed(_cut(text, first, last))) is not None:
                self._embedded.set((text, vector))
                return
            if len(text) <= first + last:
                return

    def _embedding(self, text: str) -> Matrix | None:
        latest = self._embedded.get()
        return latest[1] if latest is not None and latest[0] == text else None

    def features(self, text: str) -> Features:
        return self._features.of(text)

    def probabilities(self, features: Features, text: str) -> Mapping[str, float]:
        embedding = self._embedding(text)
        if embedding is None or self._deep is None:
            head, seen = self._light, features
        else:
            head, seen = self._deep, np.concatenate((features * _HASHED_SHARE, embedding))
        chances = dict(zip(head.names, head.probabilities(seen).tolist(), strict=True))
        return self._with_own(chances, features) if self._detectors else chances

    def _with_own(self, chances: dict[str, float], features: Features) -> dict[str, float]:
        own = {
            name: float(detector.probabilities(features)[1])
            for name, detector in self._detectors.items()
        }
        rest = 1.0
        for chance in own.values():
            rest *= 1.0 - chance
        total = sum(own.values()) or 1.0
        scaled = {name: (1.0 - rest) * chance / total for name, chance in own.items()}
        merged = {name: rest * chance for name, chance in chances.items()}
        for name, chance in scaled.items():
            merged[name] = merged.get(name, 0.0) + chance
        return merged

    def _all(self, texts: Sequence[str]) -> Matrix:
        return np.array([self._features.of(text) for text in texts], np.float32)


@cache  # it is never changed, and all proxies of a process can use the same
def _load(path: Path) -> tuple[TextFeatures, Head, Head, float]:
    with np.load(path, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    features, threshold = TextFeatures(arrays["static"]), float(arrays["threshold"])
    return features, _head(arrays, "light"), _head(arrays, "deep"), threshold


def deep_features(features: Matrix, embeddings: Matrix) -> Matrix:
    """Put rows of features and of embeddings together, as the deep head takes them."""
    return np.hstack([features * _HASHED_SHARE, embeddings])


def embedded_text(text: str, place: int) -> str | None:
    """Return what is embedded of a text at the first, second ... try; None: no more tries."""
    return _cut(text, *_CUTS[place]) if place < len(_CUTS) else None


def _cut(text: str, first: int, last: int) -> str:
    text = excerpt(text)
    if len(text) <= first + last:
        return text
    return f"{text[:first]} {text[-last:]}" if last else text[:first]


def _head(arrays: Mapping[str, Any], name: str) -> Head:
    return Head(
        tuple(str(one) for one in arrays["names"]),
        arrays[f"{name}_weights"].astype(np.float32),
        arrays[f"{name}_bias"].astype(np.float32),
        float(arrays[f"{name}_temperature"]),
    )
