"""Takes out of a request what only this proxy could have put in."""

import re
from typing import Any

import msgspec

from wrp_proxy.providers.openai import splice

_MARK = re.compile(rb'"signature"\s*:\s*""')


class _Block(msgspec.Struct):
    type: Any = None
    signature: Any = None


def without_unsigned_thinking(raw: bytes) -> bytes:
    """Drop thinking that no signature stands under: Anthropic refuses it.

    It comes from a turn that a chat model answered; everything else keeps its bytes.
    """
    if not _MARK.search(raw):
        return raw
    try:
        messages = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])["messages"]
        kept = [_cleaned(one) for one in msgspec.json.decode(messages, type=list[msgspec.Raw])]
    except (msgspec.DecodeError, KeyError):
        return raw
    changed = [message for message in kept if message is not None]
    return splice(raw, {"messages": msgspec.Raw(msgspec.json.encode(changed))}, set())


def _cleaned(message: msgspec.Raw) -> msgspec.Raw | None:
    """Return a message without its unsigned thinking; None where nothing else is in it."""
    if not _MARK.search(bytes(message)):
        return message
    content = msgspec.json.decode(message, type=dict[str, msgspec.Raw]).get("content")
    if content is None or not bytes(content).startswith(b"["):
        return message
    blocks = msgspec.json.decode(content, type=list[msgspec.Raw])
    kept = [block for block in blocks if not _is_unsigned(block)]
    if not kept:
        return None
    cleaned = splice(bytes(message), {"content": msgspec.Raw(msgspec.json.encode(kept))}, set())
    return msgspec.Raw(cleaned)


def _is_unsigned(block: msgspec.Raw) -> bool:
    if not _MARK.search(bytes(block)):
        return False
    said = msgspec.json.decode(block, type=_Block)
    return (said.type, said.signature) == ("thinking", "")
