"""A trace: when requests came, and how long they and their answers were."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]
Counts = NDArray[np.int64]
Rows = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """Requests in the order of their arrival, a column each."""

    arrival_s: Vector
    """Seconds since the first."""
    input_tokens: Counts
    output_tokens: Counts
    expected_tokens: Counts
    """Of input and output, as known on arrival: what decides the pool."""

    def __len__(self) -> int:
        return len(self.arrival_s)

    @property
    def span_s(self) -> float:
        return float(self.arrival_s[-1]) if len(self) else 0.0

    @property
    def rate(self) -> float:
        """Requests per second."""
        return (len(self) - 1) / self.span_s if self.span_s > 0 else 0.0

    @property
    def total_tokens(self) -> Counts:
        return self.input_tokens + self.output_tokens

    @property
    def needed_tokens(self) -> Counts:
        """Return the window that a request needs: what is expected, at least a token of answer."""
        return np.maximum(self.expected_tokens, self.input_tokens + 1)

    def part(self, rows: Any) -> "Trace":
        """Keep some rows, at the times they have."""
        return Trace(
            arrival_s=self.arrival_s[rows],
            input_tokens=self.input_tokens[rows],
            output_tokens=self.output_tokens[rows],
            expected_tokens=self.expected_tokens[rows],
        )

    def busiest(self, count: int) -> "Trace":
        """Return the `count` requests in a row that came in the shortest time."""
        if len(self) <= count:
            return self
        spans = self.arrival_s[count - 1 :] - self.arrival_s[: len(self) - count + 1]
        first = int(np.argmin(spans))
        part = self.part(slice(first, first + count))
        return trace_of(part.arrival_s, part.input_tokens, part.output_tokens, part.expected_tokens)


def trace_of(
    arrival_s: ArrayLike,
    input_tokens: ArrayLike,
    output_tokens: ArrayLike,
    expected_tokens: ArrayLike | None = None,
) -> Trace:
    """Put requests in order; without what was expected, the router knew the length of the answer.

    Raise ValueError for times and lengths that cannot be.
    """
    arrivals = np.asarray(arrival_s, np.float64)
    inputs, outputs = np.asarray(input_tokens, np.int64), np.asarray(output_tokens, np.int64)
    expected = (
        inputs + outputs if expected_tokens is None else np.asarray(expected_tokens, np.int64)
    )
    if not np.isfinite(arrivals).all() or min(inputs.min(initial=0), outputs.min(initial=0)) < 0:
        raise ValueError("a trace has finite times, and lengths from 0 on")
    order = np.argsort(arrivals, kind="stable")
    return Trace(
        arrival_s=arrivals[order] - arrivals.min(initial=np.inf) if len(arrivals) else arrivals,
        input_tokens=inputs[order],
        output_tokens=outputs[order],
        expected_tokens=expected[order],
    )
