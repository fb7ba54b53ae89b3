"""The model of the package, loaded once for all tests: loading is what takes time."""

import numpy as np

from wrp_proxy.workload.category.features import TextFeatures
from wrp_proxy.workload.category.recogniser import SHIPPED, Recognition

with np.load(SHIPPED, allow_pickle=False) as _stored:
    FEATURES = TextFeatures(_stored["static"])


def best(recognition: Recognition, text: str) -> str:
    """Return the most probable category of a text, however probable that is."""
    chances = recognition.probabilities(recognition.features(text), text)
    return max(chances, key=chances.__getitem__)
