"""What becomes known of an answer when it is complete."""

import asyncio
from collections.abc import Sequence

from wrp_proxy.grading.grader import Grader
from wrp_proxy.grading.recent import Recent
from wrp_proxy.trace import Trace
from wrp_proxy.types import Workload
from wrp_proxy.verifiers.panel import Panel

_MOST_BYTES = 64 * 1024
"""Longer answers are not looked into: they are neither empty nor a refusal."""


class Grading:
    """Called by the pipeline behind the last byte; works when the answer is gone."""

    def __init__(self, panel: Panel, grader: Grader, recent: Recent | None = None) -> None:
        """`recent` remembers what answers were about, where more is known of it than is written."""
        self._panel = panel
        self._grader = grader
        self._recent = recent or Recent()
        self._tasks: set[asyncio.Task[None]] = set()

    def most_bytes(self, trace: Trace) -> int:
        """Return how long an answer may be to be looked into; 0: its strategy learns nothing."""
        return _MOST_BYTES if trace.route is not None and trace.route.router.statistics else 0

    def note(self, trace: Trace, workload: Workload, pieces: Sequence[bytes] | None) -> None:
        """Grade an answer; `pieces` None: it is too long."""
        if trace.answered is not None and trace.route is not None and trace.route.signals:
            self._recent.note(trace.answered)
        if self.most_bytes(trace):
            task = asyncio.create_task(self._grade(trace, workload, pieces))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Wait for what is under way, which takes milliseconds."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _grade(
        self, trace: Trace, workload: Workload, pieces: Sequence[bytes] | None
    ) -> None:
        if trace.answered is None:
            return
        answer = None
        if pieces and not trace.verdicts:
            answers = await self._panel.read(trace.request, pieces)
            answer = answers[0] if answers else None
        self._grader.note(trace.request, workload, trace.answered, answer)
