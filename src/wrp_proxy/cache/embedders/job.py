"""One text on its way through a ThreadedEmbedder."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from wrp_proxy.cache.base import Vector

Ending = Literal["embedded", "busy", "too_long", "failed"]
ENDINGS: tuple[Ending, ...] = get_args(Ending)


class Result(NamedTuple):
    ending: Ending
    value: Any = None
    """What `then` made of the vector, if it was embedded."""


@dataclass(slots=True, eq=False)
class Job:
    """Whoever settles the future first has it: a thread that begins, or a caller that leaves."""

    text: str
    then: Callable[[Vector], Any]
    expected_s: float
    future: "Future[Result]" = field(default_factory=Future)
    began_at: float | None = None

    def left_s(self, now: float) -> float:
        """Return for how long it will still keep a thread busy.

        One that takes longer than expected is expected to take as much longer again, so that none
        queue up behind a model that is stuck.
        """
        if self.began_at is None:
            return self.expected_s
        return abs(self.began_at + self.expected_s - now)
