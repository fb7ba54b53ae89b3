"""The paths, and what each answers."""

from wrp_proxy.api.openapi.answers import answer, errors, plain_text, relayed
from wrp_proxy.api.openapi.operation import (
    ANSWERING,
    DOOR,
    READING,
    Operation,
    asking,
    operation,
    own,
    public,
    tagged,
)
from wrp_proxy.api.openapi.parameters import ANSWERED, ANTHROPIC, ASKING
from wrp_proxy.api.openapi.requests import EXAMPLES
from wrp_proxy.api.openapi.schemas import Schema


def _asking(described: Operation, request: str, tag: str) -> Operation:
    return tagged(asking(described, request, EXAMPLES[request]), tag)


def _answered(name: str, summary: str, request: str, replies: dict[str, Schema]) -> Operation:
    """Describe an operation that a model answers."""
    return _asking(operation(name, summary, replies, ANSWERED), request, "models")


_OPENAI_ERRORS = errors(*ANSWERING)
_MESSAGE = _asking(
    operation(
        "message",
        "Converse in Anthropic's words",
        {"200": relayed("Message", is_anthropic=True), **errors(*ANSWERING, is_anthropic=True)},
        (*ANSWERED, *ANTHROPIC),
    ),
    "MessageRequest",
    "models",
)
_COUNT_TOKENS = _asking(
    operation(
        "countTokens",
        "Count the tokens of a request in Anthropic's words",
        {"200": answer("TokenCount"), **errors(*READING, is_anthropic=True)},
        (*ASKING, *ANTHROPIC),
    ),
    "TokenCountRequest",
    "models",
)
_ROUTE = _asking(
    operation(
        "route",
        "Tell which model would answer, and why, without asking any",
        {"200": answer("Explanation"), **errors(*READING)},
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
        "get": operation(
            "storedResponse",
            "Return a response of the caller's",
            {"200": answer("Response"), **errors(*DOOR, "404")},
            ("response_id",),
        ),
        "delete": operation(
            "forgetResponse",
            "Forget a response, here and where an upstream holds it",
            {"200": answer("DeletedResponse"), **errors(*DOOR, "404", "4XX", "5XX")},
            ("response_id",),
        ),
    },
    "/v1/messages": {"post": _MESSAGE},
    "/v1/messages/count_tokens": {"post": _COUNT_TOKENS},
    "/v1/route": {"post": _ROUTE},
    "/v1/models": {"get": own("models", "List what a client may ask for", "Models")},
    "/v1/models/{name}": {
        "get": operation(
            "model",
            "Describe one model or route",
            {"200": answer("Model"), **errors(*DOOR, "404")},
            ("model_name",),
        ),
    },
    "/v1/usage": {
        "get": operation(
            "usage",
            "Sum requests, tokens and cost of the caller's own records",
            {"200": answer("Usage"), **errors(*DOOR, "400")},
            ("group_by", "since"),
        ),
    },
    "/metrics": {
        "get": operation(
            "metrics", "Measure for Prometheus", {"200": plain_text(), **errors(*DOOR)}
        ),
    },
    "/openapi.json": {"get": own("describe", "Describe this API", "Description")},
    "/": public("name", "Say what answers here", {"200": answer("Identity")}),
    "/health": public("health", "Tell whether the event loop turns", _ALIVE),
    "/health/live": public("live", "Tell whether the event loop turns", _ALIVE),
    "/health/ready": public(
        "ready",
        "Tell whether some model can be asked",
        {"200": answer("Readiness"), "503": answer("Unreadiness")},
    ),
}
