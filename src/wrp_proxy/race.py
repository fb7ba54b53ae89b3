"""Two copies of one request at two endpoints, of which the one with content first answers."""

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from functools import partial

from wrp_proxy.attempting import Attempts
from wrp_proxy.errors import UpstreamError
from wrp_proxy.pool.base import Lease
from wrp_proxy.trace import Trace
from wrp_proxy.types import Model, Outcome, Workload


@dataclass(frozen=True, slots=True, eq=False)
class _Copy:
    trace: Trace
    """Of this copy alone."""
    lease: Lease
    pieces: AsyncGenerator[bytes, None]
    first: asyncio.Task[bytes]
    """Gets the first piece, and nothing more."""

    @property
    def has_content(self) -> bool:
        first = self.first
        return first.done() and not first.cancelled() and first.exception() is None


class Race:
    """Each copy has a trace of its own; the winner's becomes that of the request.

    Whoever makes a race must `end` it, whatever happens: that closes the connections of all copies
    but the winner, frees their slots and has them recorded, as soon as the event loop goes on. The
    winner's `pieces` are left to be closed by whoever reads them.
    """

    def __init__(
        self,
        trace: Trace,
        attempts: Attempts,
        model: Model,
        workload: Workload,
        tasks: set[asyncio.Task[None] | asyncio.Task[bytes]],
    ) -> None:
        """`tasks` keeps what is under way from being collected."""
        self._trace = trace
        self._attempts = attempts
        self._model = model
        self._workload = workload
        self._tasks = tasks
        self._copies: list[_Copy] = []
        self._winner: _Copy | None = None

    def enter(self, lease: Lease) -> None:
        """Ask one more endpoint."""
        trace = self._trace.apart(self._trace.request)
        if self._copies:
            self._copies[0].trace.hedge, trace.hedge = "first", "second"
        else:
            trace.queued_s = self._trace.queued_s
        pieces = self._attempts.answer(trace, self._workload, self._model, lease)
        first = asyncio.create_task(_first_of(pieces))
        first.add_done_callback(partial(_free_unasked, lease))
        self._keep(first)
        self._copies.append(_Copy(trace, lease, pieces, first))

    async def is_late(self, delay_s: float) -> bool:
        """Tell whether the first copy has come to nothing, good or bad, within some seconds."""
        first = self._copies[0].first
        await asyncio.wait((first,), timeout=delay_s)
        return not first.done()

    async def run(self) -> bytes:
        """Return the winner's first piece.

        Raise WrpError: the last failure, or at once one that no other endpoint can mend.
        """
        running = self._copies
        while True:
            over = [copy for copy in running if copy.first.done()]
            for copy in over:
                if copy.has_content:
                    self._win(copy)
                    return copy.first.result()
            running = [copy for copy in running if copy not in over]
            for copy in over:
                if not running or not _may_be_mended(copy.first.exception()):
                    self._adopt(copy)
                    self._trace.hedge = ""
                    copy.first.result()
            if not over:
                firsts = [copy.first for copy in running]
                await asyncio.wait(firsts, return_when=asyncio.FIRST_COMPLETED)

    @property
    def pieces(self) -> AsyncGenerator[bytes, None]:
        """Yield what follows the winner's first piece."""
        assert self._winner is not None  # noqa: S101 - `run` has set it, for mypy
        return self._winner.pieces

    @property
    def answered(self) -> Outcome | None:
        """How the winner's answer went, once that is over."""
        return self._winner.trace.answered if self._winner is not None else None

    def end(self) -> None:
        """Cancel all but the winner; sync, for whoever leaves cannot wait."""
        for copy in self._copies:
            if copy is self._winner:
                continue
            if not copy.first.done():
                copy.first.cancel()
            elif copy.has_content:
                self._keep(asyncio.create_task(_close(copy.pieces)))

    def _win(self, copy: _Copy) -> None:
        self._winner = copy
        self._adopt(copy)
        self._trace.is_committed = True

    def _adopt(self, copy: _Copy) -> None:
        """Let a copy be what the request has come to: its endpoint is the last that was tried."""
        trace, tried = self._trace, self._trace.tried
        tried += [other.lease.endpoint for other in self._copies if other is not copy]
        tried.append(copy.lease.endpoint)
        trace.adopt(copy.trace)
        trace.tried = tried
        trace.queued_s = self._copies[0].trace.queued_s

    def _keep(self, task: asyncio.Task[None] | asyncio.Task[bytes]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


async def _first_of(pieces: AsyncGenerator[bytes, None]) -> bytes:
    return await anext(pieces, b"")


async def _close(pieces: AsyncGenerator[bytes, None]) -> None:
    await pieces.aclose()


def _free_unasked(lease: Lease, first: asyncio.Task[bytes]) -> None:
    """Free the slot of a copy that was cancelled before it could begin; else it is free already."""
    if first.cancelled():
        lease.__exit__(None, None, None)
    else:
        first.exception()  # or it is complained of that nobody has looked


def _may_be_mended(error: BaseException | None) -> bool:
    return isinstance(error, UpstreamError) and error.retryable
