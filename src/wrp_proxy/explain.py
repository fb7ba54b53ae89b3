"""Says how a prompt would be routed, in words, without calling a model."""

from collections.abc import Iterator

import msgspec

from wrp_proxy.app import build_deciding
from wrp_proxy.deciding import consider
from wrp_proxy.settings import Settings
from wrp_proxy.types import ChatRequest, Decision, Model, Workload
from wrp_proxy.workload.context_length import load_tiktoken


async def explain_prompt(settings: Settings, prompt: str, asked: str) -> list[str]:
    """Return the lines of an explanation; raise WrpError where the request would be refused."""
    deciding = build_deciding(settings)
    await deciding.context_length.load(load_tiktoken)
    body = {"model": asked, "messages": [{"role": "user", "content": prompt}]}
    request = ChatRequest(
        id="explain",
        tenant="",
        session=None,
        model=asked,
        body=body,
        raw=msgspec.json.encode(body),
    )
    considered = await consider(request, deciding.classifier, deciding.catalog)
    workload, decision = considered.workload, considered.decision
    excluded = deciding.catalog.exclusions(considered.models, workload)
    return [
        *_workload_lines(workload),
        f"route      {considered.route.name}, strategy {decision.router}",
        *_candidate_lines(decision),
        *(f"excluded   {name}: {why}" for name, why in excluded.items()),
        f"ranking    {' > '.join(model.name for model in decision.ranking)}",
        f"decision   {decision.ranking[0].name}: {decision.reason}",
    ]


def describe_catalog(settings: Settings) -> Iterator[str]:
    """List routes and models, one a line."""
    catalog = build_deciding(settings).catalog
    if not catalog.models:
        yield "no model yet; servers without a list of models are asked when the proxy runs"
        return
    for name, route in catalog.routes.items():
        models = "all models" if route.models is None else ", ".join(route.models)
        yield f"{name}  (route: {models}; strategy {route.router.name})"
    for model in catalog.models.values():
        yield f"{model.name}  ({_facts(model)})"


def _workload_lines(workload: Workload) -> Iterator[str]:
    how = "counted" if workload.tokens_exact else "estimated"
    yield f"workload   {workload.kind}, category {workload.category}"
    expected = workload.expected_output_tokens
    yield f"tokens     {workload.input_tokens} in ({how}), {expected} out expected"
    if workload.needs:
        yield f"needs      {', '.join(sorted(workload.needs))}"


def _candidate_lines(decision: Decision) -> Iterator[str]:
    for model in decision.ranking:
        score = decision.scores.get(model.name)
        shown = "no score" if score is None else f"score {score:.6g}"
        yield f"candidate  {model.name}: {shown} ({_facts(model)})"


def _facts(model: Model) -> str:
    price = model.price
    cost = f"{price.input:g}/{price.output:g} USD per million" if price else "price unknown"
    window = f"window {model.context_window}" if model.context_window else "window unknown"
    endpoints = ", ".join(endpoint.name for endpoint in model.endpoints)
    return f"{endpoints}; {cost}; {window}"
