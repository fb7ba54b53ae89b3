"""Keeps what strategies and others have learnt over restarts, and lets replicas share it."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from time import time

import structlog

from wrp_proxy.learning.base import NoSharing, Sharing, SharingStatus
from wrp_proxy.learning.file import Kept, LearningFile, Piece, Saved, encoded
from wrp_proxy.learning.pieces import copied, readable
from wrp_proxy.statistics import Statistics

FILE = "learning.msgpack"
SAVE_S = 60.0
_FIRST_EXCHANGE_S = 1.0
"""So long serving waits for what other replicas have learnt."""
_KEPT_S = 7 * 24 * 3600.0
"""Of a route that is not configured any more."""
_STALE_S = 30 * 24 * 3600.0
"""Then other replicas may not know any more whether they were told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LearningStatus:
    """How keeping and sharing go."""

    trouble: str
    """Why the last save failed, in words."""
    saved_at: float | None
    """Unix seconds of the last one that did not."""
    failures: int
    sharing: SharingStatus


class LearningStore:
    """Loads the file once, then writes it whenever something has changed.

    Statistics are touched on the event loop alone: they are copied there, a few vectors at a time,
    and written in threads. Where there is a Redis its sums replace those of the file.
    """

    def __init__(
        self,
        path: Path,
        statistics: Mapping[str, Statistics],
        sharing: Sharing | None = None,
        *,
        clock: Callable[[], float] = time,
    ) -> None:
        """`statistics`: by their names, see `named`; `sharing`: the same ones, None: alone."""
        self._file = LearningFile(path)
        self._statistics = statistics
        self._sharing = sharing or NoSharing()
        self._clock = clock
        self._missing: list[Kept] = []
        """Of routes that are not configured now."""
        self._is_loaded = False
        self._saved: object = None
        self._writing: asyncio.Task[None] | None = None
        self._trouble = ""
        self._saved_at: float | None = None
        self._failures = 0
        self._log = structlog.get_logger("wrp_proxy.learning")

    async def load(self) -> None:
        """Take over what the file says and, if it comes soon, what other replicas say."""
        try:
            self._take_over(await asyncio.to_thread(self._file.read))
        except OSError as error:
            self._log.warning("what was learnt cannot be read", reason=error.strerror)
        self._is_loaded = True
        with suppress(TimeoutError):
            async with asyncio.timeout(_FIRST_EXCHANGE_S):
                await self._sharing.exchange()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._sharing.run())
            tasks.create_task(self._keep_saving())

    async def save(self) -> None:
        """Write what there is, if it was loaded and has changed since."""
        if not self._is_loaded:
            return
        self._writing = asyncio.create_task(self._write())
        await asyncio.shield(self._writing)  # half of a file is never left behind

    async def close(self) -> None:
        """Tell others and write down all that was learnt."""
        if self._writing is not None:
            await asyncio.wait([self._writing])
        await self._sharing.exchange()
        await self.save()
        await self._sharing.close()

    def status(self) -> LearningStatus:
        return LearningStatus(
            trouble=self._trouble,
            saved_at=self._saved_at,
            failures=self._failures,
            sharing=self._sharing.status,
        )

    async def _keep_saving(self) -> None:
        while True:
            await asyncio.sleep(SAVE_S)
            await self.save()

    def _take_over(self, pieces: Iterable[Piece]) -> None:
        now = self._clock()
        is_stale = False
        for piece in pieces:
            if isinstance(piece, Saved):
                is_stale = now - piece.at > _STALE_S
            elif (statistics := self._statistics.get(piece.name)) is not None:
                statistics.replace(readable(piece))
                self._sharing.resume(piece.name, [] if is_stale else piece.leaving)
            else:
                self._miss(piece, now)
        self._saved = self._mark()

    def _miss(self, piece: Kept, now: float) -> None:
        """Keep for a while what belongs to no route: it may be back tomorrow."""
        since = now if piece.missing_since is None else piece.missing_since
        if now - since <= _KEPT_S:
            self._missing.append(Kept(piece.name, piece.sums, piece.leaving, since))

    def _mark(self) -> object:
        """Return what differs once something was learnt."""
        return {name: one.version for name, one in self._statistics.items()}

    async def _write(self) -> None:
        mark = self._mark()
        if mark == self._saved:
            return
        pieces = [encoded(Saved(self._clock()))]
        for name, statistics in self._statistics.items():
            # First: what leaves is to be part of the sums, which are copied after it.
            leaving = Kept(name, {}, self._sharing.leaving(name))
            if leaving.leaving:
                pieces.append(await asyncio.to_thread(encoded, leaving))
            pieces.extend(await copied(name, statistics, self._clock))
        pieces.extend(map(encoded, self._missing))
        try:
            await asyncio.to_thread(self._file.write, pieces)
        except OSError as error:
            self._failures += 1
            self._note(error.strerror or str(error))
        else:
            self._saved, self._saved_at = mark, self._clock()
            self._note("")

    def _note(self, trouble: str) -> None:
        if trouble and not self._trouble:
            self._log.warning("what was learnt cannot be saved", reason=trouble)
        self._trouble = trouble
