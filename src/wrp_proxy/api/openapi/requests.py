"""What clients may send: as loose as what the proxy checks; the rest is the upstream's to judge."""

from wrp_proxy.api.openapi.cache import CACHE_FIELD
from wrp_proxy.api.openapi.schemas import (
    FLAG,
    NAME,
    OBJECT,
    TEXT,
    Schema,
    any_of,
    described,
    listing,
    one_of,
    record,
)

_NULL: Schema = {"type": "null"}
_LIMIT: Schema = {"type": ["integer", "null"], "minimum": 1}
_MODEL = described(NAME, "A name of GET /v1/models, `auto`, or `provider/upstream-model`.")
_COMMON = {
    "model": _MODEL,
    "stream": FLAG,
    "stream_options": {"type": ["object", "null"]},
    "cache": CACHE_FIELD,
}
_TOKENS = listing({"type": "integer"}, at_least=1)
_TEXTS = listing(TEXT, at_least=1)
_TOKEN_LISTS = listing(_TOKENS, at_least=1)


def _kind(kind: str, /, *required: str, **properties: Schema) -> Schema:
    """Describe an object that is known by its type."""
    return record({"type": one_of(kind), **properties}, "type", *required)


def _another_kind(*known: str) -> Schema:
    """Describe an object of a type that the proxy does not look into."""
    return record({"type": {"type": "string", "not": one_of(*known)}}, "type")


_CHAT_LIMITS = dict.fromkeys(("max_tokens", "max_completion_tokens", "n"), _LIMIT)
_PART_KINDS = {
    "input_text": {"text": TEXT},
    "output_text": {"text": TEXT},
    "text": {"text": TEXT},
    "refusal": {"refusal": TEXT},
}
_PART = any_of(
    *(_kind(name, *fields, **fields) for name, fields in _PART_KINDS.items()),
    _another_kind(*_PART_KINDS),
)
_CONTENT = any_of(TEXT, listing(_PART))
_ITEM_KINDS = {
    "message": {"role": NAME, "content": _CONTENT},
    "function_call": {"name": NAME, "call_id": NAME},
    "custom_tool_call": {"name": NAME, "call_id": NAME},
    "function_call_output": {"call_id": NAME, "output": any_of(_CONTENT, _NULL, OBJECT)},
    "custom_tool_call_output": {"call_id": NAME, "output": any_of(_CONTENT, _NULL, OBJECT)},
}
_CALLABLE = (_kind("function", "name", name=NAME), _kind("custom", "name", name=NAME))
_RESPONSES_TOOL = any_of(
    *_CALLABLE,
    _kind("namespace", "name", "tools", name=NAME, tools=listing(any_of(*_CALLABLE))),
    _another_kind("function", "custom", "namespace"),
)
_ITEM = any_of(
    record({"role": NAME, "content": _CONTENT, "type": one_of("message")}, "role", "content"),
    *(
        _kind(name, *(given for given in properties if given != "output"), **properties)
        for name, properties in _ITEM_KINDS.items()
    ),
    _kind("additional_tools", tools=listing(_RESPONSES_TOOL)),
    _another_kind(*_ITEM_KINDS, "additional_tools", ""),
)
_RESPONSES_TEXT = record({"format": {"type": ["object", "null"]}})
_RESPONSES_FIELDS = {
    **_COMMON,
    "input": any_of(TEXT, listing(_ITEM, at_least=1)),
    "instructions": {"type": ["string", "null"]},
    "max_output_tokens": _LIMIT,
    "tools": any_of(listing(_RESPONSES_TOOL), _NULL),
    "text": any_of(_RESPONSES_TEXT, _NULL),
}

_TEXT_BLOCK = _kind("text", "text", text=TEXT)
_TEXT_CONTENT = any_of(TEXT, listing(_TEXT_BLOCK))
_SOURCE = any_of(
    _kind("base64", "data", data=TEXT),
    _kind("text", "data", data=TEXT),
    _kind("url", "url", url=TEXT),
    _kind("content", "content", content=_TEXT_CONTENT),
    _another_kind("base64", "text", "url", "content"),
)
_SHOWN = (
    _TEXT_BLOCK,
    _kind("image", "source", source=_SOURCE),
    _kind("document", "source", source=_SOURCE),
    _kind("search_result", "content", content=_TEXT_CONTENT),
    _kind("tool_reference", "tool_name", tool_name=TEXT),
)
_RESULT = any_of(TEXT, _NULL, listing(any_of(*_SHOWN)))
_BLOCK = any_of(
    *_SHOWN,
    _kind("tool_use", "id", "name", id=TEXT, name=TEXT),
    _kind("tool_result", "tool_use_id", tool_use_id=TEXT, content=_RESULT),
    _another_kind(
        "text",
        "image",
        "document",
        "search_result",
        "tool_reference",
        "tool_use",
        "tool_result",
    ),
)
_ANTHROPIC_MESSAGE = any_of(
    record(
        {"role": one_of("user", "assistant"), "content": any_of(TEXT, listing(_BLOCK))},
        "role",
        "content",
    ),
    record(
        {"role": one_of("system"), "content": any_of(TEXT, listing(_TEXT_BLOCK))},
        "role",
        "content",
    ),
)
_ANTHROPIC_TOOL = any_of(
    record({"type": one_of("custom", None), "name": TEXT}, "name"),
    record({"type": {"not": one_of("custom", None)}}, "type"),
)
_TOOL_CHOICE = any_of(
    _NULL,
    record({"type": one_of("auto", "any", "none")}, "type"),
    _kind("tool", "name", name=TEXT),
)
_MESSAGES_FIELDS = {
    **_COMMON,
    "messages": listing(_ANTHROPIC_MESSAGE, at_least=1),
    "max_tokens": {"type": "integer", "minimum": 0},
    "stop_sequences": any_of(listing(TEXT), _NULL),
    "system": any_of(TEXT, listing(_TEXT_BLOCK), _NULL),
    "tools": any_of(listing(_ANTHROPIC_TOOL), _NULL),
    "tool_choice": _TOOL_CHOICE,
}

REQUESTS: dict[str, Schema] = {
    "ChatRequest": described(
        record(
            {**_COMMON, **_CHAT_LIMITS, "messages": listing(OBJECT, at_least=1)},
            "model",
            "messages",
        ),
        "Everything that is not named is passed on as it is. A body of the Responses API, with "
        "`input` for `messages`, is taken, too, and answered in chat's words.",
    ),
    "CompletionRequest": record(
        {
            **_COMMON,
            "prompt": any_of(TEXT, _NULL, _TEXTS, _TOKENS, _TOKEN_LISTS),
        },
        "model",
    ),
    "EmbeddingRequest": record(
        {**_COMMON, "input": any_of(TEXT, _TEXTS, _TOKENS, _TOKEN_LISTS)}, "model", "input"
    ),
    "ResponseRequest": record(
        {**_RESPONSES_FIELDS, "previous_response_id": {"type": ["string", "null"]}},
        "model",
        "input",
    ),
    "MessageRequest": record(_MESSAGES_FIELDS, "model", "messages", "max_tokens"),
    "TokenCountRequest": record(_MESSAGES_FIELDS, "model", "messages"),
}

EXAMPLES: dict[str, Schema] = {
    "ChatRequest": {
        "model": "auto",
        "messages": [{"role": "user", "content": "Write one sentence about the sea."}],
    },
    "CompletionRequest": {"model": "auto", "prompt": "The sea is", "max_tokens": 16},
    "EmbeddingRequest": {"model": "auto", "input": ["The sea is wide."]},
    "ResponseRequest": {"model": "auto", "input": "Write one sentence about the sea."},
    "MessageRequest": {
        "model": "auto",
        "max_tokens": 64,
        "messages": [{"role": "user", "content": "Write one sentence about the sea."}],
    },
    "TokenCountRequest": {
        "model": "auto",
        "messages": [{"role": "user", "content": "Write one sentence about the sea."}],
    },
}
