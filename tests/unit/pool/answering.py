"""Endpoints that are made up: how fast they read and write is known."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tests.unit.nouns import outcome, usage, workload
from wrp_proxy.pool.pace import Pace
from wrp_proxy.types import Outcome


@dataclass(slots=True)
class Answering:
    """Streams answers after `base_s` and the reading of the prompt, with noise."""

    base_s: float = 0.2
    tokens_per_s: float = 5000.0
    tpot_s: float = 0.02
    noise: float = 0.1
    seed: int = 1
    draw: Random = field(init=False)

    def __post_init__(self) -> None:
        self.draw = Random(self.seed)  # noqa: S311 - reproducible, not secret

    def answer(self, prompt: int, completion: int = 50, cached: int = 0) -> Outcome:
        first_s = self.base_s + (prompt - cached) / self.tokens_per_s
        first_s *= max(1.0 + self.draw.gauss(0.0, self.noise), 0.1)
        return streamed(
            first_s, first_s + self.tpot_s * (completion - 1), prompt, completion, cached
        )

    def answers(self, count: int) -> Iterator[Outcome]:
        for _ in range(count):
            yield self.answer(self.draw.randrange(100, 10_000))


def streamed(
    first_s: float, duration_s: float, prompt: int = 1000, completion: int = 50, cached: int = 0
) -> Outcome:
    return outcome(
        stream=True,
        first_content_s=first_s,
        duration_s=duration_s,
        usage=usage(prompt, completion, cached_tokens=cached),
        workload=workload(input_tokens=prompt),
    )


def told(*outcomes: Outcome, pace: Pace | None = None) -> Pace:
    """Let a pace see answers, one a second."""
    pace = pace or Pace()
    for second, one in enumerate(outcomes):
        pace.observe(one, float(second))
    return pace
