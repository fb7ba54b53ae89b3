"""A background task that goes on, whatever Redis does."""

import asyncio
from collections.abc import Awaitable, Callable

from redis.exceptions import ResponseError

from wrp_proxy.cache.stores.breaker import Breaker
from wrp_proxy.cache.stores.redis_link import ERRORS, words


class RedisDuty:
    """Does its work again and again, with pauses after failures.

    Where Redis cannot be reached it opens the breaker, and waits until that is closed; where Redis
    refuses what is asked (no memory, a read-only replica) requests may still be answered.
    """

    def __init__(self, breaker: Breaker) -> None:
        self.trouble = ""
        """What Redis refuses, in words."""
        self._breaker = breaker

    async def keep(self, work: Callable[[], Awaitable[None]]) -> None:
        pause_s = 0.0
        while True:
            if await self.attempt(work):
                pause_s = 0.0
            else:
                pause_s = self._breaker.next_pause_s(pause_s)
                await asyncio.sleep(pause_s)
                await self._breaker.wait_until_closed()

    async def attempt(self, work: Callable[[], Awaitable[None]]) -> bool:
        """Do it once; False: it failed."""
        try:
            await work()
        except ResponseError as error:
            self.trouble = words(error)
        except ERRORS as error:
            self._breaker.open(words(error))
        else:
            self.trouble = ""
            return True
        return False
