"""Answers that are held until they are accepted: model after model, each verified."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

from wrp_proxy.escalating import Hold
from wrp_proxy.fail_over import FailOver
from wrp_proxy.held_answer import Graded, HeldAnswer, begin, grade
from wrp_proxy.parameters import with_parameters
from wrp_proxy.pool_view import NOTHING_SEEN, PoolView
from wrp_proxy.signals import Check
from wrp_proxy.trace import Trace
from wrp_proxy.types import Decision, Outcome, Workload
from wrp_proxy.verifiers.panel import Panel
from wrp_proxy.voting import Voting

MAX_HELD_BYTES = 4 * 1024 * 1024


def forget(outcome: Outcome) -> None:
    """Keep no scores."""


class Holding:
    """Obeys the `check` and the `parameters` of decisions; without them it is only in between.

    A refused answer is kept, until a later one is accepted. Where none is, the one that most
    verifiers passed is given, the last of several; it is `is_doubtful`. An answer that grows too
    long to be held is let through. No model is asked that `pool` does not expect to answer in the
    time that is left. Every call is recorded by `fail_over` as any attempt, and what was found of
    it goes to the router and to `graded`.
    """

    def __init__(
        self,
        *,
        fail_over: FailOver,
        panel: Panel,
        graded: Graded = forget,
        pool: PoolView = NOTHING_SEEN,
        max_bytes: int = MAX_HELD_BYTES,
    ) -> None:
        """`max_bytes`: of each answer."""
        self._pool = pool
        self._fail_over = fail_over
        self._panel = panel
        self._graded = graded
        self._max_bytes = max_bytes
        self._voting = Voting(fail_over, panel, graded, max_bytes)

    def answer(
        self, trace: Trace, workload: Workload, decision: Decision
    ) -> AsyncGenerator[bytes, None]:
        """Yield the answer's bytes; raise WrpError, and nothing else, when there is none."""
        check = decision.check
        if check is not None and check.how == "agree":
            return self._voting.answer(trace, workload, decision, check)
        if decision.parameters:
            trace.request = with_parameters(trace.request, decision.parameters)
        if check is not None:
            return self._verified(trace, workload, decision, check)
        return self._fail_over.answer(trace, workload, decision)

    async def _verified(
        self, trace: Trace, workload: Workload, decision: Decision, check: Check
    ) -> AsyncGenerator[bytes, None]:
        hold = Hold(trace, decision, check, list(decision.ranking))
        while (model := hold.next(self._pool, workload)) is not None:
            waits = not hold.left
            held = begin(self._fail_over, trace, workload, model, hold.request(), waits=waits)
            async with aclosing(held.source) as source:
                await held.collect(self._max_bytes)
                if held.is_too_long:
                    hold.let_through(held)
                    yield b"".join(held.pieces)
                    async for piece in source:
                        yield piece
                    trace.adopt(held.trace)
                    return
            if held.failure is not None:
                hold.failed(held, held.failure)
                continue
            await self._examine(workload, held, check)
            if hold.found(held):
                break
        for piece in hold.chosen().pieces:
            yield piece

    async def _examine(self, workload: Workload, held: HeldAnswer, check: Check) -> None:
        held.ruling = ruling = await self._panel.examine(
            held.trace.request, workload.category, held.pieces, check
        )
        if ruling.source:
            value = 1.0 if ruling.accepts else 0.0
            grade(held, value, ruling.weight, ruling.source, self._graded)
