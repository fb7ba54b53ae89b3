"""A laboratory with a model behind every protocol, and the proxy's configuration for it.

The upstream model's name says what happens: `mock-limited` is rate-limited, and so on.
"""

import asyncio
import json
from collections.abc import Mapping
from itertools import count
from typing import Any

from tests.clients import lab_chat, lab_messages, lab_responses
from tests.clients.script import HELLO, Turn, next_turn
from tests.fake_upstream import Received, Wire

_FAULTS: Mapping[str, tuple[int, dict[str, str], dict[str, str]]] = {
    "mock-limited": (
        429,
        {"type": "requests", "code": "rate_limit_exceeded", "message": "Slow down."},
        {"retry-after-ms": "20", "x-ratelimit-remaining-requests": "0"},
    ),
    "mock-spent": (
        429,
        {"type": "insufficient_quota", "code": "insufficient_quota", "message": "No credit."},
        {"x-should-retry": "false"},
    ),
    "mock-long": (
        400,
        {
            "type": "invalid_request_error",
            "code": "context_length_exceeded",
            "message": "This model's maximum context length is 8 tokens.",
        },
        {},
    ),
    "mock-overloaded": (
        529,
        {"type": "overloaded_error", "code": "overloaded", "message": "Overloaded"},
        {"retry-after-ms": "20"},
    ),
}
"""Upstream model -> status, OpenAI's error, headers."""
_ANTHROPIC_TYPES = {429: "rate_limit_error", 400: "invalid_request_error", 529: "overloaded_error"}
_OWN_WORDS = {"mock-long": "prompt is too long: 9 tokens > 8 maximum"}


class Lab:
    """Answers requests of every API; remembers responses as OpenAI does."""

    def __init__(self) -> None:
        self._numbers = count(1)
        self._responses: dict[str, dict[str, Any]] = {}

    async def __call__(self, received: Received, wire: Wire) -> None:
        path = received.path.partition("?")[0].removeprefix("/v1")
        if received.method != "POST":
            await self._stored(received.method, path.rpartition("/")[2], wire)
            return
        body = received.json
        if body["model"] in _FAULTS:
            await self._fail(path, body["model"], wire)
        elif body["model"] in {"mock-broken", "mock-slow"}:
            await self._stop_half_way(path, body, wire)
        else:
            await self._answer(path, body, wire)

    async def _answer(self, path: str, body: dict[str, Any], wire: Wire) -> None:
        said = self._said(path, body)
        if isinstance(said, dict):
            await wire.whole(200, json.dumps(said).encode())
            return
        await wire.begin_stream()
        for piece in said:
            await wire.piece(piece)
        await wire.end_stream()

    def _said(self, path: str, body: dict[str, Any]) -> dict[str, Any] | list[bytes]:
        is_stream = body.get("stream")
        match path:
            case "/chat/completions":
                turn = next_turn(lab_chat.asked_of(body))
                return lab_chat.stream(turn, body) if is_stream else lab_chat.plain(turn)
            case "/completions":
                text = lab_chat.text_stream if is_stream else lab_chat.text_completion
                return text(body)
            case "/embeddings":
                return lab_chat.embeddings(body)
            case "/messages":
                turn = next_turn(lab_messages.asked_of(body))
                render = lab_messages.stream if is_stream else lab_messages.plain
                return render(turn, body)
            case "/messages/count_tokens":
                return {"input_tokens": 42}
            case _:
                return self._respond(body)

    def _respond(self, body: dict[str, Any]) -> dict[str, Any] | list[bytes]:
        turn = next_turn(lab_responses.asked_of(body))
        name = f"resp_lab_{next(self._numbers)}"
        self._responses[name] = lab_responses.plain(turn, body, name)
        if body.get("stream"):
            return lab_responses.stream(turn, body, name)
        return self._responses[name]

    async def _stored(self, method: str, name: str, wire: Wire) -> None:
        response = self._responses.get(name)
        if response is None:
            missing = {"message": "No such response.", "type": "invalid_request_error"}
            await wire.whole(404, json.dumps({"error": missing}).encode())
            return
        if method == "DELETE":
            del self._responses[name]
            response = {"id": name, "object": "response", "deleted": True}
        await wire.whole(200, json.dumps(response).encode())

    async def _fail(self, path: str, model: str, wire: Wire) -> None:
        status, error, headers = _FAULTS[model]
        said: dict[str, Any] = {"error": {"param": None, **error}}
        if path.startswith("/messages"):
            message = _OWN_WORDS.get(model, error["message"])
            said = lab_messages.error(_ANTHROPIC_TYPES[status], message)
        named = {name.replace("-", "_"): value for name, value in headers.items()}
        await wire.whole(status, json.dumps(said).encode(), **named)

    async def _stop_half_way(self, path: str, body: dict[str, Any], wire: Wire) -> None:
        """Say the beginning of a stream; then break off, or wait until nobody listens."""
        if body.get("stream"):
            turn = Turn(text=HELLO)
            match path:
                case "/messages":
                    pieces = lab_messages.stream(turn, body)[:4]
                case "/responses":
                    pieces = lab_responses.stream(turn, body, "resp_half")[:5]
                case _:
                    pieces = lab_chat.beginning()
            await wire.begin_stream()
            for piece in pieces:
                await wire.piece(piece)
        if body["model"] == "mock-broken":
            wire.reset()
        else:
            await asyncio.Event().wait()


def config(url: str, *, key: str | None) -> dict[str, Any]:
    """Name the models after what they do; `native` has /responses and `claude` has /messages."""
    secret = {"base_url": url, "api_key": "upstream-secret"}
    faults = ["limited", "spent", "long", "broken", "slow", "overloaded"]
    chat = {name: ("chat", f"mock-{name}") for name in ["small", *faults]}
    claude = {f"claude-{name}": ("claude", f"mock-{name}") for name in faults}
    others = {"native": ("native", "mock-native"), "claude": ("claude", "mock-claude")}
    vectors = {name: ("chat", f"mock-{name}") for name in ("embedding", "floats")}
    models: dict[str, dict[str, Any]] = {
        name: {
            "endpoints": [{"provider": provider, "model": model}],
            "price": {"input": 1.0, "output": 2.0},
        }
        for name, (provider, model) in {**chat, **claude, **others, **vectors}.items()
    }
    for name in vectors:
        models[name]["capabilities"] = ["embeddings"]
    everything = ["tools", "vision", "json_schema", "reasoning", "logprobs", "completions"]
    models["small"]["capabilities"] = everything
    return {
        "providers": {
            "chat": {"type": "openai", "apis": ["chat", "completions", "embeddings"], **secret},
            "native": {"type": "openai", "apis": ["chat", "responses"], **secret},
            "claude": {"type": "anthropic", **secret},
        },
        "models": models,
        "routes": {"auto": {"models": ["small", *vectors]}},
        "server": {"api_keys": [{"name": "the-client", "key": key}] if key else []},
        "resilience": {"cooldown_s": 0},
    }
