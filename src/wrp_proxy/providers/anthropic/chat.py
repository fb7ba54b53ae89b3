"""A message, whole or event by event, in the words of chat completions."""

from collections.abc import Iterator
from typing import Any

import msgspec

from wrp_proxy.errors import WrpError
from wrp_proxy.providers.anthropic.blocks import OpenBlock, open_block
from wrp_proxy.providers.anthropic.completion import finish_of, refusal_of, text_in, to_choice
from wrp_proxy.providers.anthropic.stream import Event, inside
from wrp_proxy.providers.anthropic.usage import UsageTally
from wrp_proxy.providers.openai_error import error_event

_KEEP_ALIVE = b": ping\n\n"
_DONE = b"data: [DONE]\n\n"


class ChatWords:
    """Knows which blocks are open, and how many tools have been called."""

    def __init__(
        self,
        tally: UsageTally,
        *,
        created: int,
        wants_usage: bool,
        custom: frozenset[str] = frozenset(),
    ) -> None:
        """`created` is in Unix seconds; `custom` names the tools whose input is a text."""
        self._tally = tally
        self._wants_usage = wants_usage
        self._custom = custom
        self._head: dict[str, Any] = {
            "id": "",
            "object": "chat.completion.chunk",
            "created": created,
            "model": "",
        }
        self._has_begun = False
        self._has_finished = False
        self._blocks: dict[str, OpenBlock] = {}
        self._calls = 0
        self._text_length = 0

    def tell(self, event: Event, raw: bytes) -> bytes:
        match event.get("type"):
            case "ping":
                return _KEEP_ALIVE
            case "message_start":
                self._note_head(inside(event, "message"))
                return self._begin()
            case "content_block_start" | "content_block_delta" | "content_block_stop":
                return b"".join(map(self._chunk, self._deltas(event)))
            case "message_delta":
                return self._finish(inside(event, "delta"))
            case "message_stop":
                return self._end()
        return b""

    def answer(self, message: Event, raw: bytes) -> bytes:
        self._note_head(message)
        completion = {
            **self._head,
            "object": "chat.completion",
            "choices": [to_choice(message, self._custom)],
            "usage": self._tally.as_chat(),
        }
        return msgspec.json.encode(completion)

    def failure(self, error: WrpError) -> bytes:
        return error_event(error)

    def _note_head(self, message: Event) -> None:
        self._head["id"] = text_in(message, "id")
        self._head["model"] = text_in(message, "model")

    def _begin(self) -> bytes:
        if self._has_begun:
            return b""
        self._has_begun = True
        return self._event([_choice({"role": "assistant", "content": ""})])

    def _deltas(self, event: Event) -> Iterator[dict[str, Any]]:
        index = str(event.get("index"))
        if event["type"] == "content_block_start":
            yield from self._open(index, inside(event, "content_block")).start()
        elif event["type"] == "content_block_stop":
            yield from self._blocks.pop(index).stop() if index in self._blocks else ()
        else:
            delta = inside(event, "delta")
            unannounced = {"type": text_in(delta, "type").removesuffix("_delta")}
            block = self._blocks.get(index) or self._open(index, unannounced)
            yield from block.add(delta)

    def _open(self, index: str, said: Event) -> OpenBlock:
        block = open_block(said, self._calls, self._text_length, self._custom)
        self._calls += said.get("type") == "tool_use"
        self._blocks[index] = block
        return block

    def _chunk(self, delta: dict[str, Any]) -> bytes:
        self._text_length += len(delta.get("content") or "")
        return self._begin() + self._event([_choice(delta)])

    def _finish(self, delta: Event) -> bytes:
        reason = delta.get("stop_reason")
        if not isinstance(reason, str) or not reason or self._has_finished:
            return b""
        self._has_finished = True
        choice = _choice(refusal_of(delta), finish_of(reason))
        if (sequence := delta.get("stop_sequence")) is not None:
            choice["stop_sequence"] = sequence
        left = (part for block in self._blocks.values() for part in block.stop())
        closed = b"".join(map(self._chunk, left))
        self._blocks.clear()
        return self._begin() + closed + self._event([choice])

    def _end(self) -> bytes:
        if not self._wants_usage:
            return _DONE
        return self._event([], usage=self._tally.as_chat()) + _DONE

    def _event(self, choices: list[dict[str, Any]], **more: Any) -> bytes:
        return b"data: %b\n\n" % msgspec.json.encode({**self._head, "choices": choices, **more})


def _choice(delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}
