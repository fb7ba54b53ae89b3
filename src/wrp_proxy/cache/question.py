"""The one text of a request that may be put in other words: the last user's message."""

from typing import Any

from wrp_proxy.types import Api

_INSTRUCTING = ("system", "developer")
_TEXT_PARTS = ("text", "input_text")
"""Compared, not hashed: what callers write there may be anything."""


class Question:
    """A place in a request's JSON that holds the last user's text."""

    __slots__ = ("_holder", "_key", "history", "text")

    def __init__(self, holder: Any, key: str | int, history: int) -> None:
        self._holder = holder
        self._key = key
        self.text: str = holder[key]
        self.history = history
        """How many messages stand before it."""

    def put(self, text: str | None) -> None:
        """Let something else stand in its place."""
        self._holder[self._key] = text


def find_question(api: Api, body: dict[str, Any]) -> Question | None:
    """Return the last user's text, of the request in its own API's words.

    None where the last message is not a user's, or is not one text: then only the whole request
    tells what is asked.
    """
    if api == "completions":
        return _of_text(body, "prompt", 0)
    if api == "responses":
        return _of_text(body, "input", 0) or _of_messages(body.get("input"))
    return _of_messages(body.get("messages")) if api in {"chat", "messages"} else None


def _of_text(holder: Any, key: str | int, history: int) -> Question | None:
    return Question(holder, key, history) if isinstance(holder.get(key), str) else None


def _of_messages(messages: object) -> Question | None:
    if not isinstance(messages, list) or not messages:
        return None
    last = messages[-1]
    if not isinstance(last, dict) or last.get("role") != "user":
        return None
    history = sum(not _is_instruction(message) for message in messages[:-1])
    content = last.get("content")
    if not isinstance(content, list):
        return _of_text(last, "content", history)
    texts = [part for part in content if _is_text(part)]
    return Question(texts[0], "text", history) if len(content) == len(texts) == 1 else None


def _is_instruction(message: object) -> bool:
    return isinstance(message, dict) and message.get("role") in _INSTRUCTING


def _is_text(part: object) -> bool:
    return (
        isinstance(part, dict)
        and part.get("type") in _TEXT_PARTS
        and isinstance(part.get("text"), str)
    )
