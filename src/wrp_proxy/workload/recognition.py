"""What kind of task it is, in the judgement of a recogniser that sees the user's last turn only."""

from collections.abc import Mapping

import numpy as np

from wrp_proxy.signals import UNKNOWN, Features, Signal
from wrp_proxy.workload.base import Findings, Recogniser
from wrp_proxy.workload.prompt import Prompt

_BUDGET_S = 0.01


class NoRecogniser:
    """Stands where no model is: it tells nothing."""

    threshold = 1.0

    async def prepare(self, text: str) -> None:
        return

    def features(self, text: str) -> Features:
        return np.zeros(0, np.float32)

    def probabilities(self, features: Features, text: str) -> Mapping[str, float]:
        return {}


class FeatureReader:
    """Turn the user's last turn into a vector."""

    signal: Signal = "features"
    budget_s = _BUDGET_S

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser

    def read(self, prompt: Prompt, known: Findings) -> Findings | None:
        if not prompt.asked.strip():
            return None
        features = self._recogniser.features(prompt.asked)
        return Findings(features=features) if features.size else None


class CategoryReader:
    """Name the most probable category, unless it is not probable enough."""

    signal: Signal = "category"
    budget_s = _BUDGET_S

    def __init__(self, recogniser: Recogniser) -> None:
        self._recogniser = recogniser

    def read(self, prompt: Prompt, known: Findings) -> Findings | None:
        features = known.get("features")
        if features is None:
            return None
        probabilities = self._recogniser.probabilities(features, prompt.asked)
        if not probabilities:
            return None
        best = max(probabilities, key=probabilities.__getitem__)
        is_sure = probabilities[best] >= self._recogniser.threshold
        return Findings(category=best if is_sure else UNKNOWN, probabilities=probabilities)
