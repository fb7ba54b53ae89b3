"""The first half of a request's life: what is asked, and which model is to answer."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from wrp_proxy.catalog import Catalog, Route
from wrp_proxy.types import ChatRequest, Decision, Model, Workload
from wrp_proxy.workload.base import Classifier


@dataclass(frozen=True, slots=True, kw_only=True)
class Considered:
    """A decision with all that led to it."""

    workload: Workload
    route: Route
    models: tuple[Model, ...]
    decision: Decision


async def described(
    request: ChatRequest,
    route: Route,
    models: Sequence[Model],
    classifier: Classifier,
    catalog: Catalog,
) -> Workload:
    """Tell what is asked; count it exactly where the estimate leaves a window in doubt."""
    workload = await classifier.classify(request, route.signals)
    if not workload.doubt_tokens:
        return workload
    if any(map(workload.is_doubtful_at, catalog.limits(models))):
        return await classifier.recount(request, workload)
    return workload


async def consider(request: ChatRequest, classifier: Classifier, catalog: Catalog) -> Considered:
    """Decide without calling a model; raise WrpError where the request would be refused."""
    route, models = catalog.resolve(request.model)
    trial = replace(route.wished(request), is_trial=True)
    workload = await described(trial, route, models, classifier, catalog)
    candidates = catalog.candidates(request.model, models, workload)
    decision = route.router.select(workload, candidates)
    return Considered(workload=workload, route=route, models=models, decision=decision)
