"""Requests in line for a slot of one model."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil

from wrp_proxy.errors import NoEndpointError, PoolFullError, QueueTimeoutError
from wrp_proxy.pool.base import Clock, Demand
from wrp_proxy.pool.lease import LocalLease
from wrp_proxy.pool.turns import Turns

_BATCH_TURN = 8
"""A share of the turns, and not the time in line, lets batch pass: where nearly all of them have
waited for long, time would let batch go before interactive requests. Of the places batch keeps as
much, or a flood of interactive requests would leave it no turn."""
_LONGEST_RETRY_AFTER_S = 60


@dataclass(slots=True, eq=False)
class Waiter:
    """One request in line."""

    demand: Demand
    able: int
    """Which endpoints of the model may serve it, one bit each."""
    granted: "asyncio.Future[LocalLease]"

    @property
    def tenant(self) -> str:
        return self.demand.workload.tenant

    @property
    def is_batch(self) -> bool:
        return self.demand.workload.kind == "batch"


class Line:
    """Interactive requests before batch, though every eighth turn is one of batch; in turns between
    tenants.

    Where it is full, whoever has fewer in line pushes out the newest request of the tenant that
    has most, and an interactive one pushes out batch that has more than an eighth of the places:
    nobody can shut others out.
    """

    def __init__(self, model: str, most: int, clock: Clock, turn_s: Callable[[], float]) -> None:
        """`turn_s` tells how long it takes, about, until the next one is served."""
        self._model = model
        self._most = most
        self._clock = clock
        self._turn_s = turn_s
        self._interactive: Turns[Waiter] = Turns()
        self._batch: Turns[Waiter] = Turns()
        self._passed = 0
        """Turns in a row that batch did not get while it was in line."""

    def __len__(self) -> int:
        return len(self._interactive) + len(self._batch)

    def enter(self, demand: Demand, able: int) -> Waiter:
        """Stand in line, to `wait` at once; raise PoolFullError where the line is full.

        `able`: which endpoints of the model may serve it.
        """
        granted = asyncio.get_running_loop().create_future()
        waiter = Waiter(demand, able, granted)
        if len(self) >= self._most:
            beaten = self._beaten_by(waiter)
            if beaten is None:
                raise self._is_full()
            self.refuse(beaten, self._is_full())
        self._turns_of(waiter).add(waiter)
        return waiter

    async def wait(self, waiter: Waiter, wait_s: float) -> LocalLease:
        """Return a slot; raise NoEndpointError, which is a QueueTimeoutError after so long."""
        since = self._clock()
        timer = asyncio.get_running_loop().call_later(wait_s, self._give_up, waiter)
        try:
            return await waiter.granted
        except asyncio.CancelledError:
            _give_back(waiter)
            raise
        finally:
            timer.cancel()
            self._turns_of(waiter).drop(waiter)
            waiter.demand.waited_s += self._clock() - since

    def first(self, free: int) -> Waiter | None:
        """Return whose turn it is, of those that one of some endpoints can serve."""
        interactive = _next(self._interactive, free)
        batch = _next(self._batch, free)
        if batch is None or (interactive is not None and self._passed < _BATCH_TURN - 1):
            return interactive
        return batch

    def grant(self, waiter: Waiter, lease: LocalLease) -> None:
        """Give a slot to the first."""
        self._passed = 0 if waiter.is_batch or not self._batch else self._passed + 1
        self._turns_of(waiter).serve(waiter)
        waiter.granted.set_result(lease)

    def refuse(self, waiter: Waiter, error: NoEndpointError) -> None:
        """Send somebody away."""
        self._turns_of(waiter).drop(waiter)
        if not waiter.granted.done():
            waiter.granted.set_exception(error)

    def beyond(self, endpoints: int) -> list[Waiter]:
        """Return those that none of some endpoints can serve."""
        return self._interactive.beyond(endpoints) + self._batch.beyond(endpoints)

    def renew(self, able_of: Callable[[Demand], int]) -> None:
        """Look anew at which endpoints can serve whom; all keep their places."""
        for turns in (self._interactive, self._batch):
            waiters = list(turns)
            for waiter in waiters:
                turns.drop(waiter)
            for waiter in waiters:
                waiter.able = able_of(waiter.demand)
                turns.add(waiter)

    def _beaten_by(self, waiter: Waiter) -> Waiter | None:
        """Return who has to leave a full line for a newcomer; None: nobody has."""
        own, kept = self._turns_of(waiter), self._most // _BATCH_TURN
        if len(self._batch) > kept and not waiter.is_batch:
            return self._batch.newest_of_greediest()
        turns = self._interactive if len(self._batch) < kept else own
        if not turns:
            return None
        newest = turns.newest_of_greediest()
        # Not for one less, or two tenants would push out each other's requests for ever.
        return newest if turns.of(newest.tenant) > own.of(waiter.tenant) + 1 else None

    def _turns_of(self, waiter: Waiter) -> Turns[Waiter]:
        return self._batch if waiter.is_batch else self._interactive

    def _give_up(self, waiter: Waiter) -> None:
        self._turns_of(waiter).drop(waiter)
        said = f"No slot of '{self._model}' came free in time; try again later."
        self.refuse(waiter, QueueTimeoutError(said, retry_after_s=self.retry_after_s()))

    def _is_full(self) -> PoolFullError:
        said = f"Too many requests wait for '{self._model}'; try again later."
        return PoolFullError(said, retry_after_s=self.retry_after_s())

    def retry_after_s(self) -> int:
        """Estimate when all that are in line have been served, in whole seconds."""
        wait_s = (len(self) + 1) * self._turn_s()
        return ceil(min(max(wait_s, 1.0), _LONGEST_RETRY_AFTER_S))


def _next(turns: Turns[Waiter], free: int) -> Waiter | None:
    """Return whose turn it is, but for those that have left in this very moment."""
    while (waiter := turns.next(free)) is not None and waiter.granted.done():
        turns.drop(waiter)
    return waiter


def _give_back(waiter: Waiter) -> None:
    """Free the slot that somebody got who left in that very moment."""
    granted = waiter.granted
    if granted.done() and not granted.cancelled() and granted.exception() is None:
        granted.result().__exit__(None, None, None)
