"""Fields of a request that a strategy has set."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from wrp_proxy.types import Api, ChatRequest

_NAMES: Mapping[Api, Mapping[str, str]] = {
    "responses": {
        "max_tokens": "max_output_tokens",
        "max_completion_tokens": "max_output_tokens",
    },
    "messages": {"max_completion_tokens": "max_tokens", "stop": "stop_sequences"},
}
"""What fields of chat completions are called in other APIs, where that differs."""
_FIXED = {"model", "messages", "stream"}
"""What an answer is told by, and whom it is for, is the caller's."""


def with_parameters(request: ChatRequest, parameters: Mapping[str, Any]) -> ChatRequest:
    """Set fields, named as in chat completions, in whichever words the request is."""
    chosen = {name: value for name, value in parameters.items() if name not in _FIXED}
    if not chosen:
        return request
    names = _NAMES.get(request.api, {})
    own = {names.get(name, name): value for name, value in chosen.items()}
    encoded = {name: msgspec.Raw(msgspec.json.encode(value)) for name, value in own.items()}
    raw = msgspec.json.decode(request.raw, type=dict[str, msgspec.Raw])
    return replace(
        request,
        body={**request.body, **chosen},
        own={**request.own, **own} if request.own else request.own,
        raw=msgspec.json.encode({**raw, **encoded}),
    )
