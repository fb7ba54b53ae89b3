"""What a chat message, or a delta of one, says: read leniently, piece by piece."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Some text, or some thinking."""

    kind: Literal["text", "thinking"]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A whole block of thinking, with what proves where it comes from."""

    block: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CallPart:
    """A fragment of a call; those of one call share their index."""

    index: int | str
    id: str
    name: str
    arguments: str


Saying = Words | Signed | CallPart


def sayings(message: object) -> Iterator[Saying]:
    """Yield what a message or a delta says, in the order in which Anthropic would say it."""
    if not isinstance(message, dict):
        return
    yield from _words("thinking", message.get("reasoning_content") or message.get("reasoning"))
    yield from _signed(message.get("thinking_blocks"))
    yield from _content(message.get("content"))
    yield from _words("text", message.get("refusal"))
    yield from _calls(message.get("tool_calls"))
    if isinstance(message.get("function_call"), dict):
        yield _call_part("function_call", {"function": message["function_call"]})


def has_refused(message: object) -> bool:
    """Tell whether a message, or a delta, says why it will not answer."""
    return isinstance(message, dict) and bool(_text(message, "refusal"))


def _words(kind: Literal["text", "thinking"], text: object) -> Iterator[Words]:
    if isinstance(text, str) and text:
        yield Words(kind=kind, text=text)


def _signed(blocks: object) -> Iterator[Signed]:
    """Skip what is not signed: it comes as reasoning, too."""
    for block in blocks if isinstance(blocks, list) else ():
        if isinstance(block, dict) and _text(block, "signature") + _text(block, "data"):
            yield Signed(block=block)


def _content(content: object) -> Iterator[Words]:
    """Read a string, or Mistral's parts, of which those that think hold parts themselves."""
    if not isinstance(content, list):
        yield from _words("text", content)
        return
    for part in content:
        if not isinstance(part, dict):
            continue
        yield from _words("text", part.get("text"))
        for thought in _content(part.get("thinking")):
            yield Words(kind="thinking", text=thought.text)


def _calls(calls: object) -> Iterator[CallPart]:
    for place, call in enumerate(calls if isinstance(calls, list) else ()):
        if isinstance(call, dict):
            index = call.get("index")
            yield _call_part(index if isinstance(index, int) else place, call)


def _call_part(index: int | str, call: Mapping[str, Any]) -> CallPart:
    function = call.get("function")
    said = function if isinstance(function, dict) else {}
    return CallPart(
        index=index,
        id=_text(call, "id"),
        name=_text(said, "name"),
        arguments=_text(said, "arguments"),
    )


def _text(fields: Mapping[str, Any], name: str) -> str:
    value = fields.get(name)
    return value if isinstance(value, str) else ""
