"""The paths, and what each answers."""

from typing import Any

from wrp_proxy.api.openapi.answers import answer, errors, plain_text, relayed, without_body
from wrp_proxy.api.openapi.parameters import ANSWERED, ANTHROPIC, ASKING, given
from wrp_proxy.api.openapi.requests import EXAMPLES
from wrp_proxy.api.openapi.schemas import Schema, ref

Operation = dict[str, Any]

_DOOR = ("401", "403", "500")
"""The errors of the proxy's door, and its own faults."""
_READING = (*_DOOR, "400", "404", "413", "503")
_ANSWERING = (*_READING, "409", "429", "502", "504", "4XX", "5XX")


def _operation(
    name: str, summary: str, responses: dict[str, Schema], parameters: tuple[str, ...] = ()
) -> Operation:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": given("request_id", *parameters),
        "responses": responses,
    }


def _asking(operation: Operation, request: str, tag: str) -> Operation:
    """Add a request's body to an operation."""
    content = {"schema": ref("schemas", request), "example": EXAMPLES[request]}
    body = {"required": True, "content": {"application/json": content}}
    return {**operation, "tags": [tag], "requestBody": body}


def _answered(name: str, summary: str, request: str, replies: dict[str, Schema]) -> Operation:
    """Describe an operation that a model answers."""
    return _asking(_operation(name, summary, replies, ANSWERED), request, "models")


def _own(name: str, summary: str, reply: str) -> Operation:
    """Describe an operation that the proxy answers itself."""
    return _operation(name, summary, {"200": answer(reply), **errors(*_DOOR)})


def _public(name: str, summary: str, replies: dict[str, Schema]) -> dict[str, Operation]:
    """Describe what anybody may ask, by GET and by HEAD."""
    get = {**_operation(name, summary, replies), "security": []}
    bare = {status: without_body(reply) for status, reply in replies.items()}
    return {"get": get, "head": {**get, "operationId": f"{name}Head", "responses": bare}}


_OPENAI_ERRORS = errors(*_ANSWERING)
_MESSAGE = _asking(
    _operation(
        "message",
        "Converse in Anthropic's words",
        {"200": relayed("Message", is_anthropic=True), **errors(*_ANSWERING, is_anthropic=True)},
        (*ANSWERED, *ANTHROPIC),
    ),
    "MessageRequest",
    "models",
)
_COUNT_TOKENS = _asking(
    _operation(
        "countTokens",
        "Count the tokens of a request in Anthropic's words",
        {"200": answer("TokenCount"), **errors(*_READING, is_anthropic=True)},
        (*ASKING, *ANTHROPIC),
    ),
    "TokenCountRequest",
    "models",
)
_ROUTE = _asking(
    _operation(
        "route",
        "Tell which model would answer, and why, without asking any",
        {"200": answer("Explanation"), **errors(*_READING)},
        ASKING,
    ),
    "ChatRequest",
    "routing",
)
_ALIVE = {"200": answer("Liveness")}

PATHS: dict[str, dict[str, Operation]] = {
    "/v1/chat/completions": {
        "post": _answered(
            "chat", "Chat", "ChatRequest", {"200": relayed("ChatCompletion"), **_OPENAI_ERRORS}
        ),
    },
    "/v1/completions": {
        "post": _answered(
            "complete",
            "Complete a text",
            "CompletionRequest",
            {"200": relayed("Completion"), **_OPENAI_ERRORS},
        ),
    },
    "/v1/embeddings": {
        "post": _answered(
            "embed",
            "Turn texts into vectors",
            "EmbeddingRequest",
            {"200": relayed("Embeddings", is_streamed=False), **_OPENAI_ERRORS},
        ),
    },
    "/v1/responses": {
        "post": _answered(
            "respond", "Respond", "ResponseRequest", {"200": relayed("Response"), **_OPENAI_ERRORS}
        ),
    },
    "/v1/responses/{response_id}": {
        "get": _operation(
            "storedResponse",
            "Return a response of the caller's",
            {"200": answer("Response"), **errors(*_DOOR, "404")},
            ("response_id",),
        ),
        "delete": _operation(
            "forgetResponse",
            "Forget a response, here and where an upstream holds it",
            {"200": answer("DeletedResponse"), **errors(*_DOOR, "404", "4XX", "5XX")},
            ("response_id",),
        ),
    },
    "/v1/messages": {"post": _MESSAGE},
    "/v1/messages/count_tokens": {"post": _COUNT_TOKENS},
    "/v1/route": {"post": _ROUTE},
    "/v1/models": {"get": _own("models", "List what a client may ask for", "Models")},
    "/v1/models/{name}": {
        "get": _operation(
            "model",
            "Describe one model or route",
            {"200": answer("Model"), **errors(*_DOOR, "404")},
            ("model_name",),
        ),
    },
    "/v1/usage": {
        "get": _operation(
            "usage",
            "Sum requests, tokens and cost of the caller's own records",
            {"200": answer("Usage"), **errors(*_DOOR, "400")},
            ("group_by", "since"),
        ),
    },
    "/metrics": {
        "get": _operation(
            "metrics", "Measure for Prometheus", {"200": plain_text(), **errors(*_DOOR)}
        ),
    },
    "/openapi.json": {"get": _own("describe", "Describe this API", "Description")},
    "/": _public("name", "Say what answers here", {"200": answer("Identity")}),
    "/health": _public("health", "Tell whether the event loop turns", _ALIVE),
    "/health/live": _public("live", "Tell whether the event loop turns", _ALIVE),
    "/health/ready": _public(
        "ready",
        "Tell whether some model can be asked",
        {"200": answer("Readiness"), "503": answer("Unreadiness")},
    ),
}
