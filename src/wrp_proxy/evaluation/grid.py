"""What `train` tries: parameters of a strategy, in one table."""

from collections.abc import Mapping, Sequence
from typing import Any

from wrp_proxy.routers.composition import configurable

Parameters = Mapping[str, Any]

_CANDIDATES: Mapping[str, Sequence[Parameters]] = {
    "task_table": (
        {"task_weight": 1.0, "cluster_weight": 0.0, "ridge_weight": 0.0},
        {"task_weight": 0.5, "cluster_weight": 0.5, "ridge_weight": 0.0, "clusters": 16},
        {"task_weight": 0.5, "cluster_weight": 0.5, "ridge_weight": 0.0, "clusters": 64},
        {"task_weight": 0.0, "cluster_weight": 1.0, "ridge_weight": 0.0, "clusters": 32},
        {"task_weight": 0.5, "cluster_weight": 0.0, "ridge_weight": 0.5},
        {"task_weight": 0.0, "cluster_weight": 0.0, "ridge_weight": 1.0},
        {"task_weight": 0.4, "cluster_weight": 0.3, "ridge_weight": 0.3, "clusters": 32},
    ),
    "linucb": ({"alpha": 0.05}, {"alpha": 0.1}, {"alpha": 0.3}),
    "thompson": ({"sigma": 0.05}, {"sigma": 0.1}, {"sigma": 0.2}),
    "nearest": ({"k": 40}, {"k": 160}, {"k": 320}),
}
"""Which blend is best differs from log to log, which is why there is no best default."""


def candidates(strategy: str) -> list[Parameters]:
    """Return what can be tried of a strategy, the defaults first; parameters that it does not
    take are left out.
    """
    takes = configurable(strategy)
    tried: list[Parameters] = [{}]
    for parameters in _CANDIDATES.get(strategy, ()):
        known = {name: value for name, value in parameters.items() if name in takes}
        is_new = any(takes[name].default != value for name, value in known.items())
        if is_new and known not in tried:
            tried.append(known)
    return tried
