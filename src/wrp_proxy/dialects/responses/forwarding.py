"""Takes out of a request what only this proxy could have put in."""

from typing import Any

import msgspec

from wrp_proxy.dialects.responses.thinking import PREFIX
from wrp_proxy.providers.openai import splice

_MARK = b'"' + PREFIX.encode()


class _Item(msgspec.Struct):
    type: Any = None
    encrypted_content: Any = None


class _Request(msgspec.Struct):
    input: msgspec.Raw


def without_sealed_thinking(raw: bytes) -> bytes:
    """Drop reasoning items that were sealed here: no upstream could open them.

    They come when one turn was translated and the next goes to an upstream that has the API.
    """
    if _MARK not in raw:
        return raw
    try:
        given = msgspec.json.decode(raw, type=_Request).input
        items = msgspec.json.decode(given, type=list[msgspec.Raw])
        kept = [item for item in items if not _is_sealed(item)]
    except msgspec.DecodeError:
        return raw
    return splice(raw, {"input": msgspec.Raw(msgspec.json.encode(kept))}, set())


def _is_sealed(item: msgspec.Raw) -> bool:
    if _MARK not in bytes(item):
        return False
    said = msgspec.json.decode(item, type=_Item)
    is_ours = isinstance(said.encrypted_content, str) and said.encrypted_content.startswith(PREFIX)
    return said.type == "reasoning" and is_ours
