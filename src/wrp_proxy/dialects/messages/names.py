"""Names of tools: Anthropic allows 128 characters, OpenAI 64."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

_MAX_CHARS = 64
_DIGEST_CHARS = 10


def short_name(name: str) -> str:
    """Return a name that every upstream takes: the same one for the same name, in every turn."""
    if len(name) <= _MAX_CHARS:
        return name
    digest = sha256(name.encode()).hexdigest()[:_DIGEST_CHARS]
    return f"{name[: _MAX_CHARS - _DIGEST_CHARS - 1]}_{digest}"


def long_names(body: Mapping[str, Any]) -> dict[str, str]:
    """Map the shortened names of a well-formed request's tools to the client's own."""
    tools = body.get("tools") or ()
    names = [tool["name"] for tool in tools if isinstance(tool.get("name"), str)]
    return {short_name(name): name for name in names if len(name) > _MAX_CHARS}
