"""A linear classifier with calibrated probabilities."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float32]
_STEPS = 200
_FOLDS = 3
_TEMPERATURES = np.geomspace(0.25, 4.0, 33)


@dataclass(frozen=True, slots=True, eq=False)
class Head:
    """Softmax of `features @ weights + bias`, over a temperature."""

    names: tuple[str, ...]
    weights: Matrix
    """(dimensions, categories)."""
    bias: Matrix
    """(categories,)."""
    temperature: float = 1.0

    def probabilities(self, features: Matrix) -> Matrix:
        """Return the chance of each category; a row for each row of `features`, if it has rows."""
        logits = (features @ self.weights + self.bias) / np.float32(self.temperature)
        return _softmax(logits)


def fit_head(
    features: Matrix,
    labels: Sequence[str],
    *,
    strength: float = 10.0,
    groups: Sequence[int] | None = None,
) -> Head:
    """Learn from one row of features and one label a text; the same each time.

    `groups`: a number for each row; rows that are variants of one text have the same, so that none
    is learnt from where another one is to tell how sure the head may be.

    Multinomial logistic regression with an L2 penalty of 1 / (2 * strength * rows), by accelerated
    gradient descent (Nesterov 1983); its temperature is the likeliest on rows it was not learnt
    from (temperature scaling, Guo et al., arXiv 1706.04599).
    """
    names = tuple(sorted(set(labels)))
    target = np.array([names.index(label) for label in labels])
    weights, bias = _descend(features, target, len(names), strength)
    fold = np.arange(len(target)) if groups is None else np.array(groups)
    temperature = _temperature(features, target, fold % _FOLDS, (len(names), strength))
    return Head(names, weights, bias, temperature)


def _descend(
    features: Matrix, target: npt.NDArray[np.int64], count: int, strength: float
) -> tuple[Matrix, Matrix]:
    rows, dimensions = features.shape
    wanted = np.zeros((rows, count), np.float32)
    wanted[np.arange(rows), target] = 1.0
    penalty = np.float32(1.0 / (strength * rows))
    step = np.float32(1.0 / (_curvature(features) + penalty))
    weights = ahead = np.zeros((dimensions, count), np.float32)
    bias = bias_ahead = np.zeros(count, np.float32)
    for turn in range(1, _STEPS + 1):
        error = (_softmax(features @ ahead + bias_ahead) - wanted) / np.float32(rows)
        new = ahead - step * (features.T @ error + penalty * ahead)
        new_bias = bias_ahead - step * error.sum(axis=0)
        momentum = np.float32((turn - 1) / (turn + 2))
        ahead = new + momentum * (new - weights)
        bias_ahead = new_bias + momentum * (new_bias - bias)
        weights, bias = new, new_bias
    return weights, bias


def _curvature(features: Matrix) -> float:
    """Return an upper bound of the curvature: half the largest eigenvalue, with the bias's."""
    drawn = np.random.default_rng(1).standard_normal((features.shape[1],))
    vector: Matrix = drawn.astype(np.float32)
    length = 1.0
    for _ in range(20):
        vector = np.asarray(features.T @ (features @ vector) / len(features), np.float32)
        length = float(np.linalg.norm(vector))
        vector = np.asarray(vector / (length or 1.0), np.float32)
    return 0.5 * (1.1 * length + 1.0)


def _temperature(
    features: Matrix,
    target: npt.NDArray[np.int64],
    fold: npt.NDArray[np.int64],
    shape: tuple[int, float],
) -> float:
    """Return the likeliest on held out rows; `shape`: number of categories, and strength."""
    logits = np.zeros((len(target), shape[0]), np.float32)
    for held in range(_FOLDS):
        inside = fold != held
        if not inside.any():
            return 1.0
        weights, bias = _descend(features[inside], target[inside], *shape)
        logits[~inside] = features[~inside] @ weights + bias
    rows = np.arange(len(target))
    losses = [
        -float(np.log(_softmax(logits / np.float32(t))[rows, target] + 1e-9).mean())
        for t in _TEMPERATURES
    ]
    return float(_TEMPERATURES[int(np.argmin(losses))])


def _softmax(logits: Matrix) -> Matrix:
    shifted = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Matrix = shifted / shifted.sum(axis=-1, keepdims=True)
    return result
