"""The texts of one request, each read out once, and only if a signal asks for it."""

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import Any

from wrp_proxy.types import ChatRequest

_INSTRUCTING = ("system", "developer")
_FIRST_CHARS = 1600
_LAST_CHARS = 800
_END_CHARS = 16 * 1024

Message = Mapping[str, Any]


def messages_of(body: Mapping[str, Any]) -> list[Message]:
    """List the messages that are such."""
    messages = body.get("messages")
    if not isinstance(messages, list):
        return []
    return [message for message in messages if isinstance(message, dict)]


def text_of(message: Message) -> str:
    """Join the text parts of a message."""
    content = message.get("content")
    if isinstance(content, str):
        return content
    return "\n".join(_texts_in(content)) if isinstance(content, list) else ""


def _texts_in(parts: Iterable[object]) -> Iterator[str]:
    for part in parts:
        text = part.get("text") if isinstance(part, dict) else None
        if isinstance(text, str):
            yield text


def ends_of(text: str, first: int = _END_CHARS, last: int = _END_CHARS) -> str:
    """Leave out the middle of a long text."""
    return text if len(text) <= first + last else f"{text[:first]}\n{text[-last:]}"


class Prompt:
    """One request, as the readers of signals see it."""

    def __init__(self, request: ChatRequest) -> None:
        self.request = request
        self.messages = messages_of(request.body)

    @cached_property
    def system(self) -> str:
        """All instructions of the operator, wherever they stand."""
        return self._joined(m for m in self.messages if m.get("role") in _INSTRUCTING)

    @cached_property
    def users(self) -> list[int]:
        """Places of the user's messages."""
        return [place for place, m in enumerate(self.messages) if m.get("role") == "user"]

    @cached_property
    def asked(self) -> str:
        """The user's last message, without the middle of a long one.

        Nothing else is in it: system prompt, tools, their results and earlier turns mislead.
        """
        if not self.users:
            return ""
        return ends_of(text_of(self.messages[self.users[-1]]), _FIRST_CHARS, _LAST_CHARS)

    @cached_property
    def ends(self) -> str:
        """The beginning and the end of all that is said."""
        return ends_of(self._joined(self.messages))

    def _joined(self, messages: Iterable[Message]) -> str:
        return "\n".join(filter(None, map(text_of, messages)))
