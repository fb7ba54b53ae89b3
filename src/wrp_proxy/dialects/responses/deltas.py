"""What a chat upstream says, as vendors really write it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from wrp_proxy.dialects.responses.fields import or_empty


@dataclass(frozen=True, slots=True, kw_only=True)
class Fragment:
    """A piece of a call."""

    index: int | None
    id: str | None
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Delta:
    """What a chunk adds to the answer, or a whole message."""

    thought: str
    thinking_blocks: Sequence[Any]
    text: str
    logprobs: Sequence[Any]
    refusal: str
    annotations: Sequence[Any]
    calls: Sequence[Fragment]


def read_delta(said: object, logprobs: object = None) -> Delta:
    """Read a delta or a message, in which anything may be missing or odd."""
    fields = or_empty(said)
    content = fields.get("content")
    return Delta(
        thought=_text(fields.get("reasoning_content"))
        or _text(fields.get("reasoning"))
        or "".join(_thoughts_in(content)),
        thinking_blocks=_objects(fields.get("thinking_blocks")),
        text="".join(_texts_in(content)),
        logprobs=_objects(or_empty(logprobs).get("content")),
        refusal=_text(fields.get("refusal")),
        annotations=[_annotation(said) for said in _objects(fields.get("annotations"))],
        calls=[_fragment(call) for call in _objects(fields.get("tool_calls"))],
    )


def _texts_in(content: object) -> Iterator[str]:
    """Mistral writes parts where there is thinking."""
    if isinstance(content, str):
        yield content
    for part in _objects(content):
        if part.get("type") != "thinking":
            yield _text(part.get("text"))


def _thoughts_in(content: object) -> Iterator[str]:
    for part in _objects(content):
        if part.get("type") == "thinking":
            thinking = part.get("thinking")
            yield _text(thinking) or "".join(_texts_in(thinking))


def _annotation(said: Mapping[str, Any]) -> dict[str, Any]:
    """Citations of chat completions stand one level deeper."""
    cited = said.get("url_citation")
    return {"type": "url_citation", **cited} if isinstance(cited, dict) else dict(said)


def _fragment(call: Mapping[str, Any]) -> Fragment:
    function = or_empty(call.get("function"))
    index, arguments = call.get("index"), function.get("arguments")
    if arguments is not None and not isinstance(arguments, str):
        arguments = msgspec.json.encode(arguments).decode()
    return Fragment(
        index=index if isinstance(index, int) else None,
        id=_text(call.get("id")) or None,
        name=_text(function.get("name")),
        arguments=arguments or "",
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _objects(value: object) -> list[dict[str, Any]]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
