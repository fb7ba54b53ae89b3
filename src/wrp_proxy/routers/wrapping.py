"""What all wrappers do with those they wrap."""

from collections.abc import Sequence
from dataclasses import replace

from wrp_proxy.routers.base import Example, Router
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Decision, Model


def statistics_under(place: str, inner: Router) -> tuple[Statistics, ...]:
    """Return what a wrapped router has learnt, named after its place in the wrapper."""
    return tuple(one.under(place) for one in inner.statistics)


def fit(inner: Router, examples: Sequence[Example], models: Sequence[Model]) -> None:
    """Let a wrapped router learn from examples, if it can."""
    train = getattr(inner, "fit", None)
    if train is not None:
        train(examples, models)


def passed_on(decision: Decision, router: str, *fired: str) -> Decision:
    """Make a wrapped router's decision the wrapper's own, with what it says of it."""
    return replace(decision, router=router, fired=(*decision.fired, *fired))


def put_first(ranking: Sequence[Model], name: str) -> tuple[Model, ...]:
    """Move a model to the front; the others keep their order."""
    return tuple(sorted(ranking, key=lambda model: model.name != name))
