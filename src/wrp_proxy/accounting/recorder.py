"""The recorder of the hot path: an append to a list; a thread does the rest."""

import threading
from collections import deque
from collections.abc import Sequence

import structlog

from wrp_proxy.accounting.base import Sink
from wrp_proxy.types import Outcome

_FLUSH_EVERY_S = 0.5
"""A crash loses what came after the last flush."""


class BackgroundRecorder:
    """Fan outcomes out to sinks in batches, and the scores of some of them to others.

    What a sink fails to write is offered again with the next batch. At most `max_pending` wait
    at any place; what does not fit is counted in `dropped`.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        *,
        score_sinks: Sequence[Sink] = (),
        max_pending: int = 100_000,
    ) -> None:
        """`score_sinks` get the outcomes that were given a score after they were recorded."""
        self._outcomes = _Queue(sinks, max_pending)
        self._scores = _Queue(score_sinks, max_pending)
        self._writing = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="wrp-recorder", daemon=True)

    @property
    def dropped(self) -> int:
        return self._outcomes.dropped + self._scores.dropped

    def start(self) -> None:
        self._thread.start()

    def record(self, outcome: Outcome) -> None:
        self._outcomes.put(outcome)

    def record_score(self, outcome: Outcome) -> None:
        """Take note of an outcome's score; sync, never raises, never blocks."""
        self._scores.put(outcome)

    def flush(self) -> None:
        """Write all that has been recorded so far; blocks, so never call it on the event loop."""
        with self._writing:
            self._outcomes.flush()
            self._scores.flush()

    def close(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        self.flush()
        self._outcomes.close()
        self._scores.close()

    def _run(self) -> None:
        while not self._stopping.wait(_FLUSH_EVERY_S):
            self.flush()


class _Queue:
    """What waits for some sinks."""

    def __init__(self, sinks: Sequence[Sink], max_pending: int) -> None:
        self.dropped = 0
        self._max_pending = max_pending
        self._pending: deque[Outcome] = deque()
        self._backlogs: list[tuple[Sink, list[Outcome]]] = [(sink, []) for sink in sinks]
        self._log = structlog.get_logger("wrp_proxy.recorder")

    def put(self, outcome: Outcome) -> None:
        if len(self._pending) < self._max_pending:
            self._pending.append(outcome)
        else:
            self.dropped += 1

    def flush(self) -> None:
        batch = [self._pending.popleft() for _ in range(len(self._pending))]
        for sink, backlog in self._backlogs:
            backlog.extend(batch)
            if backlog:
                self._write(sink, backlog)

    def close(self) -> None:
        for sink, _ in self._backlogs:
            sink.close()

    def _write(self, sink: Sink, backlog: list[Outcome]) -> None:
        try:
            sink.write(backlog)
        except Exception:  # noqa: BLE001 - border: a broken sink must end neither the thread nor the others
            excess = max(len(backlog) - self._max_pending, 0)
            self.dropped += excess
            del backlog[:excess]
            self._log.exception("records wait", sink=type(sink).__name__, waiting=len(backlog))
        else:
            backlog.clear()
