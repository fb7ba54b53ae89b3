"""Keeps a signal that fails, or takes too long, from harming the request."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

import structlog

from wrp_proxy.signals import Signal
from wrp_proxy.workload.base import Clock, Findings, Reader
from wrp_proxy.workload.prompt import Prompt

Mishap = Literal["failed", "slow"]
_SLOW_IN_A_ROW = 20
_REST_S = 60.0


@dataclass(slots=True)
class Tally:
    """How often which signal went wrong; for the metrics.

    Threads that count at the same moment may lose a count, which harms nothing.
    """

    counts: dict[tuple[Signal, Mishap], int] = field(default_factory=dict)

    def add(self, signal: Signal, mishap: Mishap) -> int:
        """Count one more, and return how many there are."""
        count = self.counts.get((signal, mishap), 0) + 1
        self.counts[signal, mishap] = count
        return count


class Guard:
    """Reads signals; one that overran 20 times in a row is left out for a minute."""

    def __init__(self, *, clock: Clock, timer: Clock) -> None:
        """`timer` measures the work of one thread, not its waiting for others."""
        self._clock = clock
        self._timer = timer
        self._tally = Tally()
        self._slow_in_a_row: dict[Signal, int] = {}
        self._resting_until: dict[Signal, float] = {}
        self._log = structlog.get_logger("wrp_proxy.workload")

    @property
    def counts(self) -> Mapping[tuple[Signal, Mishap], int]:
        return self._tally.counts

    def rows(self) -> Iterator[tuple[str, str, float, Mapping[str, str], bool]]:
        """Yield the same as metrics: name, meaning, value, labels, and that it only grows."""
        for (signal, mishap), count in list(self._tally.counts.items()):
            labels = {"signal": signal, "mishap": mishap}
            yield "wrp_signals_unknown", "Signals that could not be told.", count, labels, True

    def read(self, reader: Reader, prompt: Prompt, known: Findings) -> Findings | None:
        """Return what the reader finds; None: it found nothing, failed, was slow or has a rest."""
        signal = reader.signal
        if self._resting_until.get(signal, 0.0) > self._clock():
            return None
        began_at = self._timer()
        try:
            found = reader.read(prompt, known)
        except Exception as error:  # noqa: BLE001 - border: a signal that errs fails no request
            if self._tally.add(signal, "failed") == 1:
                reason = type(error).__name__  # its words may hold the caller's
                self._log.warning("a signal cannot be read", signal=signal, reason=reason)
            return None
        if self._timer() - began_at <= reader.budget_s:
            self._slow_in_a_row[signal] = 0
            return found
        self._tally.add(signal, "slow")
        self._note_overrun(signal)
        return None

    def _note_overrun(self, signal: Signal) -> None:
        in_a_row = self._slow_in_a_row.get(signal, 0) + 1
        self._slow_in_a_row[signal] = in_a_row % _SLOW_IN_A_ROW
        if in_a_row >= _SLOW_IN_A_ROW:
            self._resting_until[signal] = self._clock() + _REST_S
            self._log.warning("a signal is too slow, and left out for a minute", signal=signal)
