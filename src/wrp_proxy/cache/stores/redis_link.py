"""The connection to one Redis: what is asked of it, within which time, and what went wrong."""

import asyncio
from collections.abc import Sequence
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.cluster import RedisCluster
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import (
    AuthenticationError,
    BusyLoadingError,
    ConnectionError,  # noqa: A004 - Redis's own
    NoPermissionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisClusterException,
    RedisError,
    ResponseError,
)
from redis.exceptions import TimeoutError as RedisTimeoutError

ERRORS = (RedisError, RedisClusterException, OSError, TimeoutError)
"""All that Redis and the way to it can do to a command."""
PATIENCE_S = 2.0
"""For what no request waits for."""
_CONNECTIONS = 32

Command = Sequence[bytes | str | int | float]
"""A command of Redis: its name, then its arguments."""

_WORDS: Sequence[tuple[type[Exception], str]] = (
    (AuthenticationError, "Redis refuses the password, or wants one"),
    (NoPermissionError, "the user of Redis may not do this; look at its access list"),
    (ReadOnlyError, "this Redis is a replica that takes no writes"),
    (OutOfMemoryError, "Redis has no memory left for writes"),
    (BusyLoadingError, "Redis is still loading its own data"),
    (RedisClusterException, "the cluster of Redis cannot be reached, or is none"),
    (ConnectionError, "Redis cannot be reached"),
    (RedisTimeoutError, "Redis does not answer in time"),
    (TimeoutError, "Redis does not answer in time"),
    (OSError, "Redis cannot be reached"),
    (ResponseError, "Redis refuses a command"),
)


def words(error: Exception) -> str:
    """Say what went wrong; Redis's own words are left out, as they may quote a command."""
    if isinstance(error, ResponseError) and "DB index" in str(error):
        return "Redis has no database with this number"
    return next((said for kind, said in _WORDS if isinstance(error, kind)), "Redis fails")


class RedisLink:
    """Sends commands to one Redis, or to one cluster of them.

    Raises one of ERRORS; nothing is sent twice. `within_s` bounds the whole time that a command
    takes, with waiting for a connection.
    """

    def __init__(self, url: str, *, cluster: bool = False) -> None:
        self._client: Redis | RedisCluster
        # No handshake but a password's: a new connection fits into the time of a request.
        plain = {"protocol": 2, "driver_info": None, "socket_timeout": None}
        never = Retry(NoBackoff(), 0)
        if cluster:
            self._client = RedisCluster.from_url(url, retry=never, **plain)
        else:
            pool = BlockingConnectionPool.from_url(
                url, max_connections=_CONNECTIONS, timeout=None, retry=never, **plain
            )
            self._client = Redis.from_pool(pool)

    async def ask(self, *command: bytes | str | int | float, within_s: float = PATIENCE_S) -> Any:
        async with asyncio.timeout(within_s):
            return await self._client.execute_command(*command)

    async def ask_all(self, commands: Sequence[Command], within_s: float = PATIENCE_S) -> list[Any]:
        """Send commands together; those of one slot are obeyed in their order."""
        if not commands:
            return []
        async with asyncio.timeout(within_s):
            pipeline = self._client.pipeline(transaction=False)
            for command in commands:
                pipeline.execute_command(*command)
            return await pipeline.execute()

    async def close(self) -> None:
        await self._client.aclose()
