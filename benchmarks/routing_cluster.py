"""The reference of other people: k-means clusters of queries, each with a table of scores."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.scoring import Scoring
from wrp_proxy.signals import Signal
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload

Matrix = npt.NDArray[np.float64]


class ClusterRouter:
    """Take the mean scores of the nearest cluster (Avengers-Pro, arXiv 2508.12631), by sklearn."""

    name = "cluster router"
    signals: frozenset[Signal] = frozenset({"features", "category"})
    statistics: tuple[Statistics, ...] = ()

    def __init__(self, clusters: int = 64, nearest: int = 1) -> None:
        self._clusters = clusters
        self._nearest = nearest
        self._costs = Costs(lambda: 0.0)
        self._scoring = Scoring(self._costs, 0.0)
        self._centres: Matrix = np.zeros((0, 0))
        self._scores: dict[str, Matrix] = {}

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        from sklearn.cluster import KMeans

        self._costs.fit(examples, models)
        vectors = np.stack([_vector(example.workload) for example in examples])
        clusters = min(self._clusters, len(examples))
        found = KMeans(clusters, n_init=3, random_state=0).fit(vectors)
        self._centres = found.cluster_centers_
        for model in models:
            scores = np.array([example.scores.get(model.name, np.nan) for example in examples])
            of_all = float(np.nanmean(scores))
            self._scores[model.name] = np.array(
                [_mean(scores[found.labels_ == label], of_all) for label in range(clusters)]
            )

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        distances = np.linalg.norm(self._centres - _vector(workload), axis=1)
        near = np.argsort(distances)[: self._nearest]
        quality = [float(self._scores[model.name][near].mean()) for model in candidates]
        ranked = self._scoring.rank(workload, candidates, quality)
        return Decision(ranking=ranked.ranking, router=self.name, reason=ranked.reason)

    def learn(self, outcome: Outcome) -> None:
        return


def _vector(workload: Workload) -> Matrix:
    if workload.features is None:
        raise ValueError("the cluster router needs a classifier that gives features")
    return workload.features.astype(np.float64)


def _mean(scores: Matrix, otherwise: float) -> float:
    known = scores[~np.isnan(scores)]
    return float(known.mean()) if len(known) else otherwise
