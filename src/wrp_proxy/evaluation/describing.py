"""What the classifier that serves says of recorded queries."""

import asyncio
from collections.abc import Mapping, Sequence

import msgspec

from wrp_proxy.evaluation.table import OutcomeTable
from wrp_proxy.signals import Features, Signal
from wrp_proxy.types import ChatRequest, Workload
from wrp_proxy.workload.base import Classifier, Recogniser
from wrp_proxy.workload.category.recogniser import Recognition
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength, load_tiktoken
from wrp_proxy.workload.token_estimate import TokenEstimate

_LEAST_QUERIES = 10
"""Of one label, in the mean; labels that are hardly shared are names of queries, not of tasks."""


def make_classifier(taught: OutcomeTable | None) -> Classifier:
    """Make the proxy's classifier; labels of the training part are an operator's categories."""
    context_length = ContextLength(TokenEstimate(), load_tiktoken())
    recogniser = Recognition.shipped()
    labels = None if taught is None else taught.labels
    if taught is not None and labels is not None and _are_categories(labels):
        recogniser = recogniser.trained([query.text for query in taught.queries], labels)
    return WorkloadClassifier(context_length, _Remembering(recogniser), timer=_no_time)


def _are_categories(labels: Sequence[str]) -> bool:
    return len(labels) >= _LEAST_QUERIES * len(set(labels))


def _no_time() -> float:
    """Let no signal be unknown because the machine is busy: figures must come out the same."""
    return 0.0


class _Remembering:
    """Makes the features of each text once, whatever other signals are wanted beside them."""

    def __init__(self, recogniser: Recogniser) -> None:
        self.threshold = recogniser.threshold
        self._recogniser = recogniser
        self._features: dict[str, Features] = {}

    async def prepare(self, text: str) -> None:
        await self._recogniser.prepare(text)

    def features(self, text: str) -> Features:
        if text not in self._features:
            self._features[text] = self._recogniser.features(text)
        return self._features[text]

    def probabilities(self, features: Features, text: str) -> Mapping[str, float]:
        return self._recogniser.probabilities(features, text)


class Described:
    """The workloads of a table, once for each set of signals that a strategy looks at.

    A strategy sees what it would see in the proxy: nothing that it did not ask for.
    """

    def __init__(self, table: OutcomeTable, classifier: Classifier) -> None:
        self._table = table
        self._classifier = classifier
        self._known: dict[frozenset[Signal], list[Workload]] = {}

    def workloads(self, signals: frozenset[Signal]) -> list[Workload]:
        if signals not in self._known:
            self._known[signals] = asyncio.run(self._classified(signals))
        return self._known[signals]

    async def _classified(self, signals: frozenset[Signal]) -> list[Workload]:
        texts = [query.text for query in self._table.queries]
        return [await self._classifier.classify(one, signals) for one in _requests(texts)]


def _requests(texts: Sequence[str]) -> list[ChatRequest]:
    bodies = [{"model": "auto", "messages": [{"role": "user", "content": text}]} for text in texts]
    return [
        ChatRequest(
            id=f"row_{number}",
            tenant="",
            session=None,
            model="auto",
            body=body,
            raw=msgspec.json.encode(body),
        )
        for number, body in enumerate(bodies)
    ]
