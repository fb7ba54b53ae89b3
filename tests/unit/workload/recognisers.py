"""Stand-ins for a trained model."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from wrp_proxy.signals import Features


@dataclass(slots=True)
class FakeRecogniser:
    """Says what it is told to say, and remembers what it was shown."""

    chances: Mapping[str, float] = field(default_factory=lambda: {"coding": 0.7, "chat": 0.3})
    threshold: float = 0.5
    texts: list[str] = field(default_factory=list)

    async def prepare(self, text: str) -> None:
        return

    def features(self, text: str) -> Features:
        self.texts.append(text)
        return np.ones(1, np.float32)

    def probabilities(self, features: Features, text: str) -> Mapping[str, float]:
        assert self.texts[-1] == text
        return self.chances
