"""One content block of an answer, while it grows."""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

Kind = Literal["text", "thinking", "redacted_thinking", "tool_use"]
_DELTAS: dict[str, tuple[str, str]] = {
    "text": ("text_delta", "text"),
    "thinking": ("thinking_delta", "thinking"),
    "tool_use": ("input_json_delta", "partial_json"),
}
_EMPTY: dict[Kind, dict[str, Any]] = {
    "text": {"text": ""},
    "thinking": {"thinking": "", "signature": ""},
    "redacted_thinking": {},
    "tool_use": {},
}


class Block:
    """Grows by pieces; a stream tells them one by one, a plain answer all at once."""

    def __init__(self, kind: Kind, **fields: str) -> None:
        """`fields` are those known from the start: a call's id and name, redacted data."""
        self.kind = kind
        self.signature = ""
        self.is_ended = False
        """No piece will follow."""
        self._fields = fields
        self._pieces: list[str] = []
        self._told = 0
        self._seen_complete = 0

    @property
    def is_named(self) -> bool:
        """What it is called is known, so that it may be announced."""
        return self.kind != "tool_use" or bool(self._fields["name"])

    def christen(self, name: str) -> None:
        """Give a call its name, once."""
        self._fields["name"] = self._fields["name"] or name

    def add(self, piece: str) -> None:
        if piece:
            self._pieces.append(piece)

    def opening(self) -> dict[str, Any]:
        """Return the block as it is announced, before its first piece."""
        more = {"input": {}} if self.kind == "tool_use" else _EMPTY[self.kind]
        return {"type": self.kind, **self._fields, **more}

    def deltas(self) -> Iterator[dict[str, str]]:
        """Yield the pieces that have not been told yet."""
        kind, field = _DELTAS.get(self.kind, ("", ""))
        for piece in self._pieces[self._told :]:
            yield {"type": kind, field: piece}
        self._told = len(self._pieces)

    def whole(self) -> dict[str, Any]:
        text = "".join(self._pieces)
        if self.kind == "tool_use":
            return {"type": self.kind, **self._fields, "input": _arguments(text)}
        if self.kind == "thinking":
            return {"type": self.kind, "thinking": text, "signature": self.signature}
        return {"type": self.kind, **self._fields, **({"text": text} if text else {})}

    def may_go_on(self) -> bool:
        """Tell whether more pieces can follow once another block has begun.

        A call goes on until its arguments are a whole object: fragments of calls may interleave.
        """
        if self.kind != "tool_use" or self.is_ended:
            return False
        if self._seen_complete < len(self._pieces):
            self._seen_complete = len(self._pieces)
            self.is_ended = self._pieces[-1].rstrip().endswith("}") and _is_object(
                "".join(self._pieces)
            )
        return not self.is_ended


def _arguments(text: str) -> Any:
    """Keep the bytes of an object; what is none must be an object all the same."""
    if _is_object(text):
        return msgspec.Raw(text.encode())
    return {"unreadable_arguments": text} if text.strip() else {}


def _is_object(text: str) -> bool:
    try:
        msgspec.json.decode(text, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return False
    return True
