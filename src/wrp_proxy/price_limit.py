"""Leaves out the models that would cost a caller more than he would pay for one request."""

from collections.abc import Sequence

from wrp_proxy.errors import RequestError
from wrp_proxy.routers.costs import cost_by_price
from wrp_proxy.types import Model, Workload

HEADER = "x-wrp-max-cost-usd"


def affordable(name: str, models: Sequence[Model], workload: Workload) -> list[Model]:
    """Return the models within the limit; raise RequestError, with the cheapest, if none is."""
    if workload.preferences.max_cost_usd is None:
        return list(models)
    within = [model for model in models if excess(model, workload) is None]
    if not within:
        raise _too_dear(name, models, workload)
    return within


def excess(model: Model, workload: Workload) -> str | None:
    """Say why a model is over the caller's limit; None: it is not, or there is no limit.

    The cost is that of the tokens counted and expected, by price; an unknown price is too dear.
    """
    limit = workload.preferences.max_cost_usd
    if limit is None:
        return None
    cost = cost_by_price(model, workload)
    if cost is None:
        return f"has no known price, and {HEADER} is set"
    if cost > limit:
        return f"would cost about {cost:.2g} USD, more than the {limit:g} of {HEADER}"
    return None


def _too_dear(name: str, models: Sequence[Model], workload: Workload) -> RequestError:
    costs = {model.name: cost_by_price(model, workload) for model in models}
    known = sorted((cost, model) for model, cost in costs.items() if cost is not None)
    least = "no able model has a known price, and an unknown one counts as too dear"
    if known:
        least = f"the cheapest able one is {known[0][1]}, for about {known[0][0]:.2g} USD"
    return RequestError(
        f"No model of '{name}' answers this for {workload.preferences.max_cost_usd:g} USD: "
        f"{least}. Raise {HEADER}, leave it out, or lower max_tokens.",
        param=HEADER,
        code="cost_limit_exceeded",
    )
