"""Messages, as Anthropic writes them: which of them may be kept."""

from collections.abc import Mapping

import msgspec

from wrp_proxy.cache.answers.base import Reason
from wrp_proxy.cache.answers.events import payloads
from wrp_proxy.cache.answers.rules import UnfitError, check_text

_STOPS = {"end_turn", "stop_sequence"}
_UNFIT_STOPS: Mapping[str | None, Reason] = {"tool_use": "tool calls", "refusal": "refusal"}
_BESIDE_TEXT = {"thinking", "redacted_thinking", "signature", "citations"}
"""Blocks, and what a stream adds to them, that may stand beside text."""


class _Block(msgspec.Struct):
    type: str = ""
    text: str = ""


class _Delta(msgspec.Struct):
    type: str = ""
    text: str = ""
    stop_reason: str | None = None


class _Message(msgspec.Struct):
    type: str = ""
    content: list[_Block] = []
    stop_reason: str | None = None


class _Event(msgspec.Struct):
    type: str = ""
    message: _Message = msgspec.field(default_factory=_Message)
    content_block: _Block = msgspec.field(default_factory=_Block)
    delta: _Delta = msgspec.field(default_factory=_Delta)


_MESSAGE = msgspec.json.Decoder(_Message)
_EVENT = msgspec.json.Decoder(_Event)


def check_message(answer: bytes) -> None:
    _judge(_MESSAGE.decode(answer))


def check_message_stream(answer: bytes) -> None:
    message = _Message()
    for payload in payloads(answer):
        event = _EVENT.decode(payload)
        if event.type == "message_stop":
            _judge(message)
            return
        _note(message, event)
    raise UnfitError("cut off")


def _note(message: _Message, event: _Event) -> None:
    """Add an event to a message; each delta becomes a block of its own."""
    match event.type:
        case "error":
            raise UnfitError("error")
        case "message_start":
            message.type = event.message.type
        case "content_block_start":
            message.content.append(event.content_block)
        case "content_block_delta":
            kind = event.delta.type.removesuffix("_delta")
            message.content.append(_Block(type=kind, text=event.delta.text))
        case "message_delta":
            message.stop_reason = event.delta.stop_reason or message.stop_reason


def _judge(message: _Message) -> None:
    if message.type != "message":
        raise UnfitError("error" if message.type == "error" else "malformed")
    if message.stop_reason not in _STOPS:
        raise UnfitError(_UNFIT_STOPS.get(message.stop_reason, "not stopped"))
    texts = []
    for block in message.content:
        if block.type == "text":
            texts.append(block.text)
        elif block.type not in _BESIDE_TEXT:
            raise UnfitError("tool calls" if "tool" in block.type else "other content")
    check_text("".join(texts))
