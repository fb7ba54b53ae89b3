"""Categories of an operator's own, each told from all others by a dozen example sentences."""

from collections.abc import Mapping, Sequence

import numpy as np

from wrp_proxy.workload.category.head import Head, Matrix, fit_head

_STRENGTH = 30.0


def fit_detectors(
    examples: Mapping[str, Matrix], others: Matrix, other_names: Sequence[str]
) -> dict[str, Head]:
    """Return a head of two classes, `yes` and `no`, for each category of `examples`.

    Each example counts as several, so that a dozen weigh as much as hundreds of others.

    `examples`: a row of features for each sentence. A category of the same name among
    `other_names`, which name the rows of `others`, is no counter-example: it is extended.
    """
    detectors = {}
    for name, rows in examples.items():
        against = others[[other != name for other in other_names]]
        against = np.vstack([against, *(more for key, more in examples.items() if key != name)])
        copies = max(len(against) // len(rows), 1)
        features = np.vstack([np.repeat(rows, copies, axis=0), against])
        labels = ["yes"] * (len(rows) * copies) + ["no"] * len(against)
        groups = [*np.repeat(np.arange(len(rows)), copies), *range(len(against))]
        detectors[name] = fit_head(features, labels, strength=_STRENGTH, groups=groups)
    return detectors
