"""What a fault is, and what has to come of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from tests import answers
from tests.fake_upstream import Answer
from tests.faults.ways import DOORS, Door
from tests.faults.words import Words

Reply = Callable[[Words, bool], Answer]
"""Makes an answer from an upstream's words, streamed or not."""
Place = Literal["here", "refused", "untrusted", "busy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a client gets; in the Messages API errors have a type and no code."""

    status: int
    type: str = "upstream_error"
    code: str | None
    messages_type: str = "api_error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    name: str
    reply: Reply | None = None
    """None: the upstream is not reached at all."""
    expected: Expected
    by: Mapping[str, Expected] = field(default_factory=dict)
    """Where it differs behind an upstream with another API, whose errors lack codes, or types."""
    doors: Sequence[Door] = tuple(DOORS)
    place: Place = "here"
    retryable: bool = True
    has_begun: bool = False
    """The client has got its first content."""
    is_slow: bool = False
    """Ends by a time limit."""
    asks: Mapping[str, str] = field(default_factory=dict)
    """Headers of the request."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """What the client gets of the upstream's headers."""

    def expected_at(self, door: Door) -> Expected:
        return self.by.get(door.upstream_api, self.expected)


def body(make: Callable[[Words], object], status: int = 200, **headers: str) -> Reply:
    return lambda words, _: answers.plain(make(words), status, **headers)
