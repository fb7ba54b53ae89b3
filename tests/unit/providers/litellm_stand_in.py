"""A library that answers as LiteLLM does, for environments that have none."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from tests.answers import USAGE, completion, delta
from wrp_proxy.providers.litellm_arguments import LiteLLMOptions
from wrp_proxy.providers.litellm_upstream import LiteLLMUpstream
from wrp_proxy.providers.upstream import Call, Upstream

KEY = "upstream-secret"
ASKED: dict[str, Any] = {"model": "cohere/command", "messages": [{"role": "user", "content": "Hi"}]}


class Dumped:
    """One of LiteLLM's objects, as far as it is used."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        self._fields = fields
        self.choices = [SimpleNamespace(**choice) for choice in fields.get("choices", ())]

    def model_dump(self) -> dict[str, Any]:
        return dict(self._fields)


class Stream:
    """Gives its items in turn; an exception is raised, a coroutine function awaited."""

    def __init__(self, items: Sequence[Any], received_finish_reason: str | None = "stop") -> None:
        self.received_finish_reason = received_finish_reason
        self.is_closed = asyncio.Event()
        self._items = list(items)

    def __aiter__(self) -> AsyncIterator[Any]:
        return self

    async def __anext__(self) -> Any:
        if not self._items:
            raise StopAsyncIteration
        item = self._items.pop(0)
        if isinstance(item, Exception):
            raise item
        return await item() if callable(item) else Dumped(item)

    async def aclose(self) -> None:
        self.is_closed.set()


Answer = Callable[[Mapping[str, Any]], Awaitable[Any]]


def gives(answer: Any) -> Answer:
    """Answer with a value, or raise it."""

    async def give(arguments: Mapping[str, Any]) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return answer

    return give


_HELLO = gives(Dumped(completion()))


@dataclass(slots=True)
class StandIn:
    """Keeps the arguments of every call."""

    answer: Answer = _HELLO
    chats: list[dict[str, Any]] = field(default_factory=list)
    embeddings: list[dict[str, Any]] = field(default_factory=list)

    async def acompletion(self, **arguments: Any) -> Any:
        self.chats.append(arguments)
        return await self.answer(arguments)

    async def aembedding(self, **arguments: Any) -> Any:
        self.embeddings.append(arguments)
        return await self.answer(arguments)


class VendorError(Exception):
    """The base of what the library raises."""

    def __init__(self, message: str, status_code: object = 500, **attributes: Any) -> None:
        super().__init__(message)
        self.message = message
        self.status_code = status_code
        for name, value in attributes.items():
            setattr(self, name, value)


def error(name: str, message: str, status: object = 500, **attributes: Any) -> VendorError:
    """Make an error of a class of this name."""
    made: VendorError = type(name, (VendorError,), {})(message, status, **attributes)
    return made


def upstream_of(library: StandIn, **options: Any) -> LiteLLMUpstream:
    """Make an upstream with one provider `lab`."""
    return LiteLLMUpstream(providers={"lab": LiteLLMOptions(**options)}, load=lambda: library)


def call(path: str = "chat/completions", *, key: str | None = KEY, **body: Any) -> Call:
    headers = [(b"authorization", f"Bearer {key}".encode())] if key else []
    return Call(url=f"litellm://lab/{path}", headers=headers, body=json.dumps(body).encode())


async def ask(upstream: Upstream, asked: Call) -> tuple[int, Mapping[bytes, bytes], bytes]:
    """Make a call and read its answer to the end."""
    async with upstream.open(asked) as exchange:
        body = b"".join([piece async for piece in exchange])
        return exchange.status, exchange.headers, body


def chunks(*texts: str) -> list[dict[str, Any]]:
    """A whole stream, every known field of a delta filled with null, as LiteLLM does."""
    unused = {"function_call": None, "tool_calls": None, "audio": None}
    usage = {**delta(None, role=None, **unused), "usage": {**USAGE, "prompt_tokens_details": None}}
    return [
        delta("", role="assistant", **unused),
        *(delta(text, role=None, **unused) for text in texts),
        delta(None, role=None, finish="stop", **unused),
        usage,
    ]


def events_of(body: bytes) -> list[Any]:
    """Parse the events of a stream, less [DONE]."""
    payloads = [event.removeprefix(b"data: ") for event in body.split(b"\n\n") if event]
    return [json.loads(payload) for payload in payloads if payload != b"[DONE]"]
