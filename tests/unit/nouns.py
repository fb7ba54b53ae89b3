"""The nouns of the proxy with everything filled in; a test names only what it is about."""

import json
from typing import Any

from wrp_proxy.types import (
    ChatRequest,
    Endpoint,
    Model,
    Outcome,
    Usage,
    Workload,
)


def endpoint(model: str = "mock-small", **more: Any) -> Endpoint:
    return Endpoint(**{"provider": "lab", "model": model, **more})


def model(name: str = "small", *endpoints: Endpoint, **more: Any) -> Model:
    """A model, with one endpoint of its own where none is given."""
    return Model(name=name, endpoints=endpoints or (endpoint(f"mock-{name}"),), **more)


def workload(**more: Any) -> Workload:
    usual: dict[str, Any] = {
        "input_tokens": 100,
        "tokens_exact": True,
        "text_bytes": 400,
        "max_output_tokens": None,
        "expected_output_tokens": 50,
        "kind": "chat",
        "needs": frozenset(),
    }
    return Workload(**{**usual, **more})


def usage(prompt: int = 11, completion: int = 7, **more: Any) -> Usage:
    return Usage(prompt_tokens=prompt, completion_tokens=completion, **more)


def outcome(**more: Any) -> Outcome:
    usual: dict[str, Any] = {
        "request_id": "req_1",
        "started_at": 1000.0,
        "tenant": "alice",
        "session": None,
        "route": "auto",
        "model": "small",
        "endpoint": "lab/mock-small",
        "router": "fixed_order",
        "reason": "first able model of the route",
        "propensity": 1.0,
        "workload": workload(),
        "usage": usage(),
        "cost_usd": 0.25,
        "first_content_s": 0.5,
        "duration_s": 1.5,
        "finish": "complete",
        "error": None,
        "attempt": 1,
        "cached": "bypass",
        "stream": False,
    }
    return Outcome(**{**usual, **more})


def chat_request(*, stream: bool = False, wants_usage: bool = False, **body: Any) -> ChatRequest:
    """A request whose body has one message, and `body` on top."""
    asked: dict[str, Any] = {
        "model": "auto",
        "messages": [{"role": "user", "content": "Hello there"}],
        **body,
    }
    return ChatRequest(
        id="req_1",
        tenant="alice",
        session=None,
        model=asked["model"],
        body=asked,
        raw=json.dumps(asked).encode(),
        stream=stream,
        wants_usage=wants_usage,
    )
