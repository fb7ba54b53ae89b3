"""Follows the changes of all replicas."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from redis.exceptions import ResponseError

from wrp_proxy.cache.stores.pending import Pending
from wrp_proxy.cache.stores.redis_change import Change, from_fields
from wrp_proxy.cache.stores.redis_keys import RedisKeys, member, members
from wrp_proxy.cache.stores.redis_link import PATIENCE_S, RedisLink
from wrp_proxy.cache.stores.redis_replica import RedisReplica
from wrp_proxy.cache.stores.redis_writer import RedisWriter
from wrp_proxy.cache.stores.table import EntryTable

_BLOCK_MS = 1000
"""So soon it is found that Redis has stopped answering."""
_LINES = 64
_NOTHING_YET = b"0-0"


class RedisLog:
    """Reads the log from where it was read before; raises one of the link's ERRORS.

    First the end of the log is looked up, then all entries are read, then the changes since. As
    long as the line read last is still in the log, nothing was missed: trimming takes the oldest
    first, and neither an emptied Redis nor one with older data has it. Without it all entries are
    read again, and those that are gone are dropped.
    """

    def __init__(
        self,
        *,
        link: RedisLink,
        keys: RedisKeys,
        replica: RedisReplica,
        writer: RedisWriter,
        pending: Pending,
        table: EntryTable,
    ) -> None:
        self.is_loaded = False
        self.loads = 0
        self._link = link
        self._keys = keys
        self._replica = replica
        self._writer = writer
        self._pending = pending
        self._table = table
        self._last: bytes | None = None
        """The line that was read last; None: all entries are to be read."""

    async def follow(self) -> None:
        """Take in what has changed, or wait a while for it."""
        if self._last is None:
            self._last = await self._load()
        lines = await self._next_lines(self._last)
        if not await self._is_there(self._last):
            self._last = None
            return
        if lines:
            await self._heed([fields for _, fields in lines])
            self._last = lines[-1][0]

    async def _load(self) -> bytes:
        end = await self._end()
        with suppress(ResponseError):  # it may be full, and readable all the same
            await self._writer.drain()
        await self._replica.load()
        self.is_loaded = True
        self.loads += 1
        return end

    async def _end(self) -> bytes:
        """Return the last line, after writing one where there is none."""
        lines = await self._link.ask("XREVRANGE", self._keys.log, "+", "-", "COUNT", 1)
        if lines:
            return bytes(lines[0][0])
        try:
            return await self._writer.announce(Change())
        except ResponseError:  # it takes no writes now, but can be read
            return _NOTHING_YET

    async def _next_lines(self, last: bytes) -> Sequence[tuple[bytes, Any]]:
        streams = await self._link.ask(
            *("XREAD", "COUNT", _LINES, "BLOCK", _BLOCK_MS, "STREAMS", self._keys.log, last),
            within_s=_BLOCK_MS / 1000 + PATIENCE_S,
        )
        return streams[0][1] if streams else ()

    async def _is_there(self, line: bytes) -> bool:
        if line == _NOTHING_YET:
            return True
        return bool(await self._link.ask("XRANGE", self._keys.log, line, line))

    async def _heed(self, lines: Sequence[Any]) -> None:
        read = [from_fields(fields) for fields in lines]
        changes = [change for change in read if change is not None]
        self._replica.damaged += len(read) - len(changes)
        named = (one for change in changes for one in members(change.members))
        await self._replica.learn_epochs([scope for change in changes for scope in change.scopes])
        await self._replica.refresh(list(dict.fromkeys(named)))
        await self._replica.hear_notes([key for change in changes for key in change.notes])
        for change in changes:
            self._forget(change.forgotten)

    def _forget(self, joined: bytes) -> None:
        """Delete what some replica was to delete and did not know."""
        for at in range(0, len(joined), 16):
            held = self._table.held(joined[at : at + 16])
            if held is not None:
                self._replica.drop(held.entry)
                self._pending.delete(member(held.entry))
