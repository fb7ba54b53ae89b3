"""One of the statistics, of which Redis holds the sums of all replicas."""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from math import isfinite
from typing import Any, NamedTuple
from urllib.parse import quote
from zlib import crc32

import numpy as np

from wrp_proxy.cache.stores.redis_link import RedisLink
from wrp_proxy.learning.base import Batch, Told
from wrp_proxy.learning.merging import merged
from wrp_proxy.learning.packing import Sums, field_of, is_text, key_of, pack, pack_vector, unpack
from wrp_proxy.learning.scripts import PULL, PUSH
from wrp_proxy.statistics import MAX_KEYS, Change, Statistics

TTL_S = 60 * 24 * 3600
_PARTS = 128
"""Of a batch, by key: none is so large that it would keep Redis from others for long."""
_PAGE = 250


class Page(NamedTuple):
    """Some of what has changed in Redis."""

    incarnation: bytes
    version: bytes
    sums: dict[str, Sums]
    unreadable: list[str]
    """Keys."""
    is_last: bool


class SharedStatistics:
    """Tells Redis changes and takes over totals; raises one of the link's ERRORS.

    What was sent and not confirmed is sent again under its old number, and nothing is taken over
    before: an answer that was lost on its way adds nothing twice, and loses nothing.
    """

    def __init__(
        self,
        name: str,
        statistics: Statistics,
        link: RedisLink,
        *,
        prefix: str,
        sender: str,
        clock: Callable[[], float],
    ) -> None:
        """`sender` names this replica and this run of it."""
        self.damaged = 0
        self._statistics = statistics
        self._link = link
        self._half_life_s = statistics.half_life_s or 0.0
        # A slot of its own in a cluster, for each name and half-life.
        slot = f"{{{quote(name, safe='/.()')}@{self._half_life_s!r}}}"
        self._keys = [f"{prefix}:learnt:{slot}:{part}" for part in ("sums", "versions")]
        self._batches_key = f"{prefix}:learnt:{slot}:batches:"
        self._sender = sender
        self._clock = clock
        self._number = 0
        self._waiting: dict[str, Change] = {}
        self._outgoing: list[Batch] = []
        self._incarnation: bytes | None = None
        self._version = b"0"
        self._lacking: set[str] = set()
        """Keys that are known here and not in Redis."""

    def leaving(self) -> list[Batch]:
        """Return what Redis has not confirmed."""
        return [*self._outgoing, self._batch()] if self._waiting else [*self._outgoing]

    def resume(self, batches: Iterable[Batch]) -> None:
        self._outgoing = [*batches, *self._outgoing]

    def gather(self) -> None:
        """Put what was learnt since to what waits for being sent."""
        for change in self._statistics.changes():
            if not (is_text(change.key) and all(map(isfinite, change.added))):
                continue
            before = self._waiting.pop(change.key, None)
            self._waiting[change.key] = merged(before, change, self._half_life_s)
        while len(self._waiting) > MAX_KEYS:
            del self._waiting[next(iter(self._waiting))]

    async def exchange(self) -> None:
        await self._send()
        self.gather()
        if self._waiting:
            self._outgoing.append(self._batch())
            self._number += 1
            self._waiting.clear()
            await self._send()
        await self._pull()
        await self._fill_up()

    def _batch(self) -> Batch:
        """Make a batch of what waits; with it all that was gathered is told."""
        now = self._clock()
        told = [Told(one, self._total(one, now)) for one in self._waiting.values()]
        return Batch(self._sender, self._number + 1, told)

    def _total(self, change: Change, now: float) -> bytes:
        sums = self._statistics.get(change.key)
        if sums is not None and len(sums) == len(change.added) and np.isfinite(sums).all():
            return pack_vector(sums, now)
        return pack(change.added, change.at)

    async def _send(self) -> None:
        while self._outgoing:
            batch = self._outgoing[0]
            parts: dict[int, list[Told]] = {}
            for told in batch.changes:
                # By the key alone: a part that is sent again, with more in it, has its old number.
                parts.setdefault(crc32(told.change.key.encode()) % _PARTS, []).append(told)
            for part, several in parts.items():
                changes = [each for told in several for each in _written(told)]
                await self._push(batch.sender, part, batch.number, changes)
            del self._outgoing[0]

    async def _push(self, sender: str, part: int, number: int, changes: Sequence[bytes]) -> None:
        keys = [*self._keys, self._batches_key + sender]
        settings = (self._sender, part, number, self._half_life_s, MAX_KEYS, TTL_S)
        await self._link.ask("EVAL", PUSH, len(keys), *keys, *settings, *changes)

    async def _pull(self) -> None:
        """Take over what has changed; all of it, where Redis is new to this replica."""
        while True:
            page = await self._page()
            if page.incarnation != self._incarnation:
                self._incarnation = page.incarnation
                self._lacking = set(self._statistics.keys())
            self._version = page.version
            self._lacking -= page.sums.keys()
            self._lacking.update(page.unreadable)
            self.damaged += len(page.unreadable)
            if page.sums:
                self._statistics.replace(page.sums)
            if page.is_last:
                return

    async def _page(self) -> Page:
        known = (self._incarnation or b"", self._version, _PAGE, TTL_S)
        answer = await self._link.ask("EVAL", PULL, len(self._keys), *self._keys, *known)
        return self._read(answer)

    def _read(self, answer: Any) -> Page:
        incarnation, version, fields, packed = answer
        sums: dict[str, Sums] = {}
        unreadable: list[str] = []
        for field, value in zip(fields, packed, strict=True):
            key, length = key_of(field) or ("", -1)
            if not self._fits(key, length):
                continue
            found = None if value is None else unpack(value)
            if found is None or len(found[0]) != length:
                unreadable.append(key)
            else:
                sums[key] = found
        return Page(incarnation, version, sums, unreadable, len(fields) < _PAGE)

    def _fits(self, key: str, length: int) -> bool:
        known = self._statistics.get(key)
        return length >= 0 if known is None else len(known) == length

    async def _fill_up(self) -> None:
        """Tell what only is known here: from before there was a Redis, or as it was lost there."""
        while self._lacking:
            self.gather()
            some = list(islice(self._lacking, _PAGE))
            # What waits is part of the sums, and will be told with them.
            await self._push("", 0, 0, self._whole(key for key in some if key not in self._waiting))
            self._lacking.difference_update(some)

    def _whole(self, keys: Iterable[str]) -> list[bytes]:
        now = self._clock()
        written: list[bytes] = []
        for key in filter(is_text, keys):
            sums = self._statistics.get(key)
            if sums is not None and np.isfinite(sums).all():
                written += [field_of(key, len(sums)), b"", pack_vector(sums, now)]
        return written


def _written(told: Told) -> tuple[bytes, bytes, bytes]:
    change = told.change
    news = pack([change.at, *change.added], change.factor)
    return field_of(change.key, len(change.added)), news, told.total
