"""How an answer is kept: one form for each API that clients speak."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from wrp_proxy.types import Usage

Reason = Literal[
    "malformed",
    "error",
    "cut off",
    "not stopped",
    "refusal",
    "tool calls",
    "other content",
    "empty",
    "choices",
]
"""Few and fixed, so that they may label a metric.

`not stopped`: it ended by a limit, or for no reason that is known. `refusal`: by the model or by a
filter. `other content`: something besides text. `choices`: others than were asked for.
"""


@dataclass(frozen=True, slots=True)
class Kept:
    body: bytes
    """What to store."""


@dataclass(frozen=True, slots=True)
class Refused:
    reason: Reason
    """Why this answer must not be given to anybody else."""


class AnswerForm(Protocol):
    """Called by the semantic cache: `keep` with every complete answer, `replay` with every hit.

    Pure and without state. `keep` never raises, whatever the bytes; it takes about 3 microseconds
    for each event of a stream.
    """

    def keep(
        self, pieces: Sequence[bytes], *, stream: bool, choices: int, usage: Usage | None
    ) -> Kept | Refused:
        """Read a complete answer, in pieces cut anywhere.

        What is kept of a completion serves streams and plain requests alike; all else is kept in
        the form in which it came, so that each form needs an entry of its own.

        There must be as many `choices` as this, where an answer has any. `usage` is what the
        attempt counted; it is written down where the stream of a completion does not tell it.
        """
        ...

    def replay(self, body: bytes, *, stream: bool, wants_usage: bool) -> Sequence[bytes]:
        """Give a `body` that `keep` returned in the form asked for: a plain answer in one piece, a
        stream in few, cut between events, of which the first holds the first words.
        """
        ...
