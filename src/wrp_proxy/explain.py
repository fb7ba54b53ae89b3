"""Says how a prompt would be routed, in words, without calling a model."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from wrp_proxy.cache.embedders.remembering import RememberingEmbedder
from wrp_proxy.deciding import Considered, consider
from wrp_proxy.deciding_maker import Deciding, make_deciding
from wrp_proxy.embedder_maker import make_embedder
from wrp_proxy.explanation import explanation
from wrp_proxy.inner_calls import InnerCalls
from wrp_proxy.reasons import (
    check_in_words,
    parts_in_words,
    quality_source,
    score_in_words,
    signals_in_words,
    wishes_in_words,
)
from wrp_proxy.settings import Settings
from wrp_proxy.settings.cache import EmbedderSettings
from wrp_proxy.signals import NO_PREFERENCES, Preferences
from wrp_proxy.types import ChatRequest, Decision, Model, Workload
from wrp_proxy.workload.context_length import load_tiktoken


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiry:
    """What a client would ask, and how."""

    prompt: str
    model: str = "auto"
    system: str | None = None
    tools: int = 0
    """How many tools it would offer."""
    session: str | None = None
    preferences: Preferences = NO_PREFERENCES


async def explain_prompt(settings: Settings, inquiry: Inquiry) -> list[str]:
    """Return the lines of an explanation; raise WrpError where the request would be refused."""
    deciding, considered = await _considered(settings, inquiry)
    workload, decision, route = considered.workload, considered.decision, considered.route
    excluded = deciding.catalog.exclusions(considered.models, workload)
    return [
        *_workload_lines(workload),
        *(
            f"signal     {name}: {words}"
            for name, words in signals_in_words(workload, route.signals).items()
        ),
        f"route      {route.name}, strategy {decision.router}",
        *(f"fired      {words}" for words in decision.fired),
        *_candidate_lines(decision),
        *(f"excluded   {name}: {why}" for name, why in excluded.items()),
        f"ranking    {' > '.join(model.name for model in decision.ranking)}",
        f"decision   {decision.ranking[0].name}: {decision.reason}",
        *_further_lines(decision),
    ]


async def explain_as_json(settings: Settings, inquiry: Inquiry) -> str:
    """Return what `POST /v1/route` would; raise WrpError where the request would be refused."""
    deciding, considered = await _considered(settings, inquiry)
    told = msgspec.json.encode(explanation(considered, deciding.catalog))
    return msgspec.json.format(told, indent=2).decode()


async def _considered(settings: Settings, inquiry: Inquiry) -> tuple[Deciding, Considered]:
    embedder = _embedder() if settings.workload.embed else None
    deciding = make_deciding(settings, embedder)
    route, _ = deciding.catalog.resolve(inquiry.model)
    await deciding.context_length.load(load_tiktoken)
    await deciding.learn_categories()
    if embedder is not None and "category" in route.signals:
        await embedder.start()
    considered = await consider(_request(inquiry), deciding.classifier, deciding.catalog)
    if embedder is not None:
        await embedder.close()
    return deciding, considered


def _embedder() -> RememberingEmbedder | None:
    """Make the one that the proxy tells categories with; without it they may be others."""
    _, embedder = make_embedder(
        EmbedderSettings(), InnerCalls({}).embeddings, is_semantic=True, tells_categories=True
    )
    return embedder


def _request(inquiry: Inquiry) -> ChatRequest:
    messages = [{"role": "user", "content": inquiry.prompt}]
    if inquiry.system is not None:
        messages.insert(0, {"role": "system", "content": inquiry.system})
    body: dict[str, Any] = {"model": inquiry.model, "messages": messages}
    if inquiry.tools:
        body["tools"] = [_tool(number) for number in range(1, inquiry.tools + 1)]
    return ChatRequest(
        id="explain",
        tenant="",
        session=inquiry.session,
        model=inquiry.model,
        body=body,
        raw=msgspec.json.encode(body),
        preferences=inquiry.preferences,
    )


def _tool(number: int) -> dict[str, Any]:
    parameters = {"type": "object", "properties": {}}
    return {"type": "function", "function": {"name": f"tool_{number}", "parameters": parameters}}


def describe_catalog(settings: Settings) -> Iterator[str]:
    """List routes and models, one a line."""
    catalog = make_deciding(settings).catalog
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
    if wishes := ", ".join(wishes_in_words(workload.preferences)):
        yield f"wishes     {wishes}"


def _candidate_lines(decision: Decision) -> Iterator[str]:
    for model in decision.ranking:
        said = [score_in_words(decision.scores.get(model.name))]
        if (parts := decision.parts.get(model.name)) is not None:
            said.extend(parts_in_words(parts, quality_source(model)))
        yield f"candidate  {model.name}: {', '.join(said)} ({_facts(model)})"


def _further_lines(decision: Decision) -> Iterator[str]:
    """Tell what else the strategy wants of the answer."""
    if decision.check is not None:
        yield f"check      {check_in_words(decision.check)}"
    if decision.parameters:
        yield f"sets       {', '.join(sorted(decision.parameters))}"
    if decision.cache is not None:
        yield f"cache      {decision.cache}"


def _facts(model: Model) -> str:
    price = model.price
    cost = f"{price.input:g}/{price.output:g} USD per million" if price else "price unknown"
    window = f"window {model.context_window}" if model.context_window else "window unknown"
    endpoints = ", ".join(endpoint.name for endpoint in model.endpoints)
    return f"{endpoints}; {cost}; {window}"
