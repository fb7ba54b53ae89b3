"""What `train` found, for people and for programs."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import yaml

from wrp_proxy.evaluation.training import Training


def training_lines(found: Training, route: str) -> Iterator[str]:
    """Yield what was tried, then what to change in the configuration, if anything."""
    yield f"{found.strategy}, {found.rows} requests; {found.figure} by parameters:"
    for trial in found.trials:
        low, high = trial.interval
        gain = f"  {trial.gain:+.4f} ({low:+.4f} to {high:+.4f})" if trial.parameters else ""
        yield f"  {trial.figure:.4f}{gain}  {_words(trial.parameters)}"
    if not found.best.parameters:
        yield "no other parameters are surely better than the defaults (95 %)"
    if found.cost_weight is not None:
        yield f"up to a cost_weight of {found.cost_weight:g} accuracy is not surely lower"
    if found.threshold is not None:
        threshold, unnamed, accuracy = found.threshold
        yield (
            f"categories: below {threshold:.2f} unknown leaves {unnamed:.0%} unnamed, and "
            f"{accuracy:.1%} of the others right"
        )
    yield from found.notes
    if found.parameters:
        yield "change:"
        yield yaml.safe_dump(change(found, route), sort_keys=False).rstrip()


def change(found: Training, route: str) -> Mapping[str, Any]:
    """Return the part of a configuration that says what was found."""
    return {"routes": {route: {"strategy": {"name": found.strategy, **found.parameters}}}}


def training_json(found: Training, route: str) -> Mapping[str, Any]:
    return {**asdict(found), "change": change(found, route)}


def _words(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in parameters.items()) or "defaults"
