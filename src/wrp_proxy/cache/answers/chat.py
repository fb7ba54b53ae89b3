"""Chat completions: choices have a message, or deltas of it."""

from collections.abc import Iterator, Mapping

from wrp_proxy.cache.answers.base import Reason
from wrp_proxy.cache.answers.rules import UnfitError, check_text
from wrp_proxy.cache.answers.telling import cut, spoken
from wrp_proxy.cache.answers.words import Fields

_UNFIT: Mapping[str, Reason] = {
    "tool_calls": "tool calls",
    "function_call": "tool calls",
    "refusal": "refusal",
    "audio": "other content",
}
_THOUGHTS = ("reasoning_content", "reasoning")


class ChatWords:
    whole = "chat.completion"
    chunk = "chat.completion.chunk"

    def take(self, choice: Fields) -> Fields:
        delta = choice.pop("delta", None)
        if delta is None:
            return {}
        if not isinstance(delta, dict):
            raise UnfitError("malformed")
        return delta

    def put(self, said: Fields) -> Fields:
        return {"message": {"role": "assistant", **said}}

    def check(self, choice: Fields) -> None:
        message = choice.get("message")
        if not isinstance(message, dict):
            raise UnfitError("malformed")
        for name, reason in _UNFIT.items():
            if message.get(name):
                raise UnfitError(reason)
        check_text(message.get("content"))

    def tell(self, choice: Fields) -> Iterator[Fields]:
        """Begin with the role and with all that is empty; what is neither text nor thought comes
        last, for it is about them.
        """
        message = choice.pop("message")
        role, text = message.pop("role", "assistant"), message.pop("content")
        empty = {name: value for name, value in message.items() if not value}
        thoughts = {name: message[name] for name in _THOUGHTS if _is_text(message.get(name))}
        yield {"delta": {"role": role, "content": "", **empty}}
        for thought in _told(thoughts):
            yield {"delta": thought}
        for piece, beside in spoken(text, choice):
            yield {"delta": {"content": piece}, **beside}
        rest = {name: value for name, value in message.items() if value and name not in thoughts}
        if rest:
            yield {"delta": rest}
        yield {"delta": {}}


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _told(thoughts: Mapping[str, str]) -> Iterator[Fields]:
    """Tell what stands under two names under both at once, lest a client read it twice."""
    for text in dict.fromkeys(thoughts.values()):
        names = [name for name, thought in thoughts.items() if thought == text]
        for piece in cut(text):
            yield dict.fromkeys(names, piece)
