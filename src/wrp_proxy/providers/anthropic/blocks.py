"""The blocks of a streamed message, from their start to their stop, as deltas of a chat."""

from collections.abc import Iterator
from typing import Any, Protocol

import msgspec

from wrp_proxy.providers.anthropic.completion import (
    Block,
    annotation_of,
    call_of,
    custom_input,
    text_in,
    thought_of,
)

Delta = dict[str, Any]


class OpenBlock(Protocol):
    """Made by `open_block`; started once, added to, stopped once."""

    def start(self) -> Iterator[Delta]: ...

    def add(self, delta: Block) -> Iterator[Delta]: ...

    def stop(self) -> Iterator[Delta]: ...


def open_block(block: Block, calls: int, text_length: int, custom: frozenset[str]) -> OpenBlock:
    """`calls` and `text_length` say what came before this block."""
    match block.get("type"):
        case "text":
            return _Text(block, text_length)
        case "thinking" | "redacted_thinking":
            return _Thinking(block)
        case "tool_use":
            return _ToolUse(block, calls, is_custom=text_in(block, "name") in custom)
    return _Silent()


class _Text:
    def __init__(self, block: Block, start: int) -> None:
        self._first = text_in(block, "text")
        self._start = start
        self._length = 0
        self._citations: list[object] = []

    def start(self) -> Iterator[Delta]:
        return self._said(self._first)

    def add(self, delta: Block) -> Iterator[Delta]:
        if "citation" in delta:
            self._citations.append(delta["citation"])
        return self._said(text_in(delta, "text"))

    def stop(self) -> Iterator[Delta]:
        end = self._start + self._length
        found = [annotation_of(c, self._start, end) for c in self._citations]
        if annotations := [annotation for annotation in found if annotation]:
            yield {"annotations": annotations}

    def _said(self, text: str) -> Iterator[Delta]:
        self._length += len(text)
        if text:
            yield {"content": text}


class _Thinking:
    """Keeps the whole thought, for it may only be sent back together with its signature."""

    def __init__(self, block: Block) -> None:
        self._block = block
        self._thinking = [text_in(block, "thinking")]
        self._signature = [text_in(block, "signature")]

    def start(self) -> Iterator[Delta]:
        if self._thinking[0]:
            yield {"reasoning_content": self._thinking[0]}

    def add(self, delta: Block) -> Iterator[Delta]:
        self._signature.append(text_in(delta, "signature"))
        if thinking := text_in(delta, "thinking"):
            self._thinking.append(thinking)
            yield {"reasoning_content": thinking}

    def stop(self) -> Iterator[Delta]:
        thinking, signature = "".join(self._thinking), "".join(self._signature)
        whole = {**self._block, "thinking": thinking, "signature": signature}
        if thought := thought_of(whole):
            yield {"thinking_blocks": [thought]}


class _ToolUse:
    """Passes the arguments on as they come; a custom tool's only once they can be unwrapped."""

    def __init__(self, block: Block, place: int, *, is_custom: bool) -> None:
        self._block = block
        self._place = place
        self._is_custom = is_custom
        self._arguments: list[str] = []

    def start(self) -> Iterator[Delta]:
        yield self._call(call_of(self._place, self._block, "", is_custom=self._is_custom))

    def add(self, delta: Block) -> Iterator[Delta]:
        if arguments := text_in(delta, "partial_json"):
            self._arguments.append(arguments)
            if not self._is_custom:
                yield self._call({"function": {"arguments": arguments}})

    def stop(self) -> Iterator[Delta]:
        if self._is_custom:
            yield self._call({"custom": {"input": custom_input(self._whole())}})
        elif not self._arguments:
            written = msgspec.json.encode(self._block.get("input") or {}).decode()
            yield self._call({"function": {"arguments": written}})

    def _whole(self) -> object:
        if not self._arguments:
            return self._block.get("input") or {}
        try:
            return msgspec.json.decode("".join(self._arguments))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            return {"input": "".join(self._arguments)}

    def _call(self, call: Delta) -> Delta:
        return {"tool_calls": [{"index": self._place, **call}]}


class _Silent:
    """A block that chat has no words for: what the server's own tools do, and what is unknown."""

    def start(self) -> Iterator[Delta]:
        yield from ()

    def add(self, delta: Block) -> Iterator[Delta]:
        yield from ()

    def stop(self) -> Iterator[Delta]:
        yield from ()
