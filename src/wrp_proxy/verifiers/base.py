"""IS IT AN ANSWER? What a held answer is measured by before the client gets it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from wrp_proxy.signals import UNKNOWN

Fields = Mapping[str, Any]
"""A JSON object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    name: str
    arguments: str
    """As the model wrote them."""
    is_custom: bool = False
    """The arguments are a text, of a tool that takes any."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One choice of an answer, in the words of chat completions, whichever way it came."""

    text: str = field(default="", repr=False)
    calls: Sequence[ToolCall] = field(default=(), repr=False)
    refusal: str = field(default="", repr=False)
    """What the model said where it refused by the means that its API has for that."""
    finish: str = ""
    """`stop`, `length`, `tool_calls`, `content_filter`; empty: not told."""
    logprobs: Sequence[float] = field(default=(), repr=False)
    """Of each token, where the caller wanted them."""
    has_more: bool = False
    """Besides texts and calls there is something else in it, such as sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked."""

    body: Fields = field(repr=False)
    """The request in the words of chat completions."""
    own: Fields = field(default_factory=dict, repr=False)
    """The request in the caller's words."""
    category: str = UNKNOWN
    others: Sequence[Answer] = field(default=(), repr=False)
    """What other models, or this one before, have answered to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a verifier thinks of an answer."""

    passes: bool | None
    """None: it is not for this verifier to say, which counts as passing."""
    why: str = ""
    """Of a refusal, in few words that quote neither question nor answer."""
    score: float | None = None
    """What was compared with a threshold."""


PASSES = Verdict(passes=True)
NOT_APPLICABLE = Verdict(passes=None)


class Verifier(Protocol):
    """Called by the panel for each choice of a held answer, perhaps in a thread.

    Pure and without state. It may raise: the answer then passes, and the failure is counted.
    """

    weight: float
    """How much its verdict says of the answer's quality, 0 to 1; a person's word is 1."""

    def verify(self, question: Question, answer: Answer, threshold: float | None) -> Verdict:
        """Judge an answer; `threshold` None: the verifier's own."""
        ...


class SlowVerifier(Protocol):
    """A verifier that has to ask somebody; called after all others have passed the answer."""

    weight: float

    async def verify(self, question: Question, answer: Answer, threshold: float | None) -> Verdict:
        """Judge an answer, as `Verifier` does."""
        ...


def refused(why: str, score: float | None = None) -> Verdict:
    return Verdict(passes=False, why=why, score=score)


def last_asked(body: Fields) -> str:
    """Return the text of the last message that a user wrote."""
    messages = body.get("messages")
    for message in reversed(messages if isinstance(messages, list) else []):
        if isinstance(message, dict) and message.get("role") == "user":
            return text_of(message.get("content"))
    return ""


def text_of(content: object) -> str:
    """Return a text, or the texts of parts."""
    if isinstance(content, str):
        return content
    texts = [part.get("text") for part in objects(content)]
    return "".join(text for text in texts if isinstance(text, str))


def objects(value: object) -> list[dict[str, Any]]:
    """Return the JSON objects of a list, and none of what is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def inside(value: object, name: str) -> dict[str, Any]:
    """Return the JSON object under a name, an empty one if there is none."""
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}
