"""What is graded, and by whom: the signals that cost nothing but a look."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome

Take = Callable[[Outcome], None]
"""Learns from, or writes down, an outcome with a score; sync, called on the event loop."""


class Answer(Protocol):
    """One choice of an answer, in the words of chat completions, whichever way it came."""

    @property
    def text(self) -> str: ...

    @property
    def calls(self) -> Sequence[object]:
        """Tools that the model wants called."""
        ...

    @property
    def refusal(self) -> str:
        """What the model said where it refused by the means that its API has for that."""
        ...

    @property
    def finish(self) -> str:
        """`stop`, `length`, `tool_calls`, `content_filter`; empty: not told."""
        ...


@dataclass(frozen=True, slots=True)
class Seen:
    """A complete answer, as far as it was read."""

    outcome: Outcome
    answer: Answer | None
    """None: nobody has read it."""


Signal = Callable[[Seen], Score | None]
"""Grades an answer; None: it has nothing to say. Pure; one file each."""
