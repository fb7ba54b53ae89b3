"""Thinking that a chat upstream wrote, sealed into an item that the client gives back unread."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import Any

import msgspec

PREFIX = "wrp1."


def seal(reasoning_content: str, thinking_blocks: Sequence[Any]) -> str:
    """Return what stands as `encrypted_content`; it hides nothing from the client."""
    sealed = {"reasoning_content": reasoning_content, "thinking_blocks": list(thinking_blocks)}
    return PREFIX + urlsafe_b64encode(msgspec.json.encode(sealed)).decode()


def unseal(encrypted_content: object) -> dict[str, Any]:
    """Return the fields of an assistant message; empty where they are of no use to anybody.

    Only signed thinking is worth giving back; what others encrypted cannot be read.
    """
    if not isinstance(encrypted_content, str) or not encrypted_content.startswith(PREFIX):
        return {}
    try:
        sealed = msgspec.json.decode(urlsafe_b64decode(encrypted_content[len(PREFIX) :]))
    except (ValueError, RecursionError):
        return {}
    if not isinstance(sealed, dict):
        return {}
    text, blocks = sealed.get("reasoning_content"), sealed.get("thinking_blocks")
    if not isinstance(text, str) or not isinstance(blocks, list) or not blocks:
        return {}
    return {"reasoning_content": text, "thinking_blocks": blocks}
