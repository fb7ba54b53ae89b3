"""What the judge is asked to compare."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """Kept out of every `repr`, so that no log shows them."""

    known_question: str = field(repr=False)
    """That of the entry."""
    known_answer: str = field(repr=False)
    question: str = field(repr=False)
    """The one that was near it."""
    answer: str | None = field(default=None, repr=False)
    """What a model answered to it; None: it was a hit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An entry and a question near it, that it answered or did not."""

    entry_id: bytes
    similarity: float
    key: tuple[str, str]
    """Route and category."""
    partition: bytes
    is_hit: bool
    """The entry's answer was served; otherwise the question was a miss in the grey zone."""
    texts: Callable[[], Awaitable[Texts | None]] = field(repr=False)
    """Called for what is drawn only, behind the request's back; None: they are gone. May raise."""
