"""Requests in line for a slot of one model."""

import asyncio
from collections.abc import Callable

from wrp_proxy.errors import NoEndpointError, PoolFullError, QueueTimeoutError
from wrp_proxy.pool.base import Clock, Demand
from wrp_proxy.pool.lease import LocalLease

Grant = Callable[[Demand], LocalLease]
"""Takes a slot for a demand; raises PoolFullError or NoEndpointError."""


class Line:
    """First come, first served."""

    def __init__(self, model: str, most: int, grant: Grant, clock: Clock) -> None:
        self._model = model
        self._most = most
        self._grant = grant
        self._clock = clock
        self._waiters: dict[asyncio.Future[LocalLease], Demand] = {}

    def __len__(self) -> int:
        return len(self._waiters)

    async def wait(self, demand: Demand, wait_s: float) -> LocalLease:
        """Return a slot; raise PoolFullError when the line is full, or the wait too long."""
        if len(self._waiters) >= self._most:
            raise PoolFullError(f"Too many wait for '{self._model}'.", retry_after_s=1)
        loop = asyncio.get_running_loop()
        since = self._clock()
        future: asyncio.Future[LocalLease] = loop.create_future()
        self._waiters[future] = demand
        timer = loop.call_later(wait_s, self._give_up, future)
        try:
            lease = await future
        except asyncio.CancelledError:
            if future.done() and not future.cancelled() and future.exception() is None:
                future.result().__exit__(None, None, None)
            raise
        finally:
            timer.cancel()
            self._waiters.pop(future, None)
        lease.waited_s = self._clock() - since
        return lease

    def serve(self, has_free: Callable[[], bool]) -> None:
        """Give free slots to those in line, whom they serve."""
        for future, demand in list(self._waiters.items()):
            if not has_free():
                return
            if future.done():
                continue
            try:
                future.set_result(self._grant(demand))
            except PoolFullError:
                continue
            except NoEndpointError as error:
                future.set_exception(error)

    def _give_up(self, future: "asyncio.Future[LocalLease]") -> None:
        if not future.done():
            said = f"No slot of '{self._model}' came free in time; try again later."
            future.set_exception(QueueTimeoutError(said, retry_after_s=1))
