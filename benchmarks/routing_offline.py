"""Every strategy on one public set: taught by one part of it, measured on the other."""

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from routing_cluster import ClusterRouter
from routing_sets import read_set
from wrp_proxy.evaluation.evaluate import Evaluation, Options
from wrp_proxy.evaluation.measuring import Json, figures_of_references
from wrp_proxy.evaluation.strategies import read_strategies
from wrp_proxy.routers.base import Router
from wrp_proxy.routers.composition import configurable
from wrp_proxy.routers.registry import ROUTERS

VARIANTS: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "task_table, tasks only": (
        "task_table",
        {"task_weight": 1.0, "cluster_weight": 0.0, "ridge_weight": 0.0},
    ),
    "task_table, clusters only": (
        "task_table",
        {"task_weight": 0.0, "cluster_weight": 1.0, "ridge_weight": 0.0},
    ),
    "task_table, ridge only": (
        "task_table",
        {"task_weight": 0.0, "cluster_weight": 0.0, "ridge_weight": 1.0},
    ),
    "nearest, k 40": ("nearest", {"k": 40}),
}
"""Rows beside the defaults: what each part of a blend is worth."""


def measured_set(folder: Path, name: str, seed: int = 0) -> Json:
    """Return the figures of every strategy that needs no configuration of its own."""
    public = read_set(folder, name)
    rows: dict[str, tuple[str, Mapping[str, Any]]] = {
        strategy: (strategy, {}) for strategy in ROUTERS if _stands_alone(strategy)
    }
    rows |= {title: row for title, row in VARIANTS.items() if _is_possible(*row)}
    evaluation = Evaluation(public.test, public.train, Options(strategies=[], seed=seed))
    strategies = {
        title: evaluation.measure(
            evaluation.make(read_strategies([one], more, public.test.models, seed)[one])
        )
        for title, (one, more) in rows.items()
    }
    cluster: Router = ClusterRouter()
    strategies[cluster.name] = evaluation.measure(cluster)
    return {
        "name": name,
        "queries": len(public.test),
        "models": len(public.test.models),
        "strategies": strategies,
        "references": figures_of_references(evaluation.references),
    }


def _stands_alone(strategy: str) -> bool:
    """Tell whether it wraps nothing, and has a default for each parameter."""
    parameters = inspect.signature(ROUTERS[strategy]).parameters.values()
    wraps = any(parameter.annotation is Router for parameter in parameters)
    needs = any(one.default is inspect.Parameter.empty for one in configurable(strategy).values())
    return not wraps and not needs and strategy not in {"rules", "strong_share"}


def _is_possible(strategy: str, parameters: Mapping[str, Any]) -> bool:
    return strategy in ROUTERS and parameters.keys() <= configurable(strategy).keys()
