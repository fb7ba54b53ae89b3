"""Exchanges what was learnt with other replicas, through Redis."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from random import Random
from secrets import token_hex

import structlog
from redis.exceptions import ResponseError

from wrp_proxy.cache.stores.redis_link import ERRORS, RedisLink, words
from wrp_proxy.learning.base import Batch, SharingStatus
from wrp_proxy.learning.shared import SharedStatistics
from wrp_proxy.statistics import Statistics

EXCHANGE_S = 5.0
_LONGEST_PAUSE_S = 30.0


class RedisSharing:
    """Exchanges all statistics every few seconds; pauses grow while Redis cannot be reached.

    Strategies go on with what they know here, and what they learn is told later.
    """

    def __init__(
        self,
        link: RedisLink,
        prefix: str,
        statistics: Mapping[str, Statistics],
        *,
        clock: Callable[[], float],
        random: Random,
    ) -> None:
        """`prefix` is that of all keys; replicas with the same one share what they learn."""
        self._link = link
        self._clock = clock
        self._random = random
        self._trouble = ""
        self._exchanged_at: float | None = None
        self._failures = 0
        sender = token_hex(8)
        self._shared = {
            name: SharedStatistics(name, one, link, prefix=prefix, sender=sender, clock=clock)
            for name, one in statistics.items()
        }
        self._log = structlog.get_logger("wrp_proxy.learning")

    @property
    def status(self) -> SharingStatus:
        return SharingStatus(
            trouble=self._trouble,
            exchanged_at=self._exchanged_at,
            failures=self._failures,
            damaged=sum(one.damaged for one in self._shared.values()),
        )

    def leaving(self, name: str) -> list[Batch]:
        return self._shared[name].leaving()

    def resume(self, name: str, batches: Iterable[Batch]) -> None:
        self._shared[name].resume(batches)

    async def exchange(self) -> None:
        """Exchange all; what Redis refuses of one does not keep it from the others."""
        trouble = ""
        for one in self._shared.values():
            one.gather()
        for one in self._shared.values():
            try:
                await one.exchange()
            except ResponseError as error:
                trouble = words(error)
            except ERRORS as error:
                trouble = words(error)
                break
        self._note(trouble)

    async def run(self) -> None:
        pause_s = EXCHANGE_S
        while True:
            # Not all replicas at the same time.
            await asyncio.sleep(pause_s * self._random.uniform(0.8, 1.2))
            await self.exchange()
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S) if self._trouble else EXCHANGE_S

    async def close(self) -> None:
        await self._link.close()

    def _note(self, trouble: str) -> None:
        if trouble:
            self._failures += 1
        else:
            self._exchanged_at = self._clock()
        if trouble and not self._trouble:
            self._log.warning(
                "what is learnt cannot be shared; it is kept here until it can", reason=trouble
            )
        elif self._trouble and not trouble:
            self._log.info("what is learnt is shared again")
        self._trouble = trouble
