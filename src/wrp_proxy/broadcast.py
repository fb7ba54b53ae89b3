"""One answer for many readers: each reads all of it from the beginning, at its own pace."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Reader:
    position: int = 0


class Broadcast(Generic[T]):
    """Items that a task of its own makes, held for who comes later as long as they are few.

    An answer that grows larger than `max_bytes` is given only to those who read it already, at
    the pace of the slowest, and nothing of it is held any more; `forget` is called then.
    """

    def __init__(
        self, *, max_bytes: int, forget: Callable[[], None], needs_readers: bool = False
    ) -> None:
        """`needs_readers`: the work ends when nobody is left to read; else only where its answer
        is too large for anybody to come back for it.
        """
        self.items: list[T] = []
        self.size = 0
        self._max_bytes = max_bytes
        self._forget = forget
        self._needs_readers = needs_readers
        self._task: asyncio.Task[None] | None = None
        self._given_up = 0
        """Items at the beginning that are not held any more."""
        self._readers: set[_Reader] = set()
        self._changed = asyncio.Event()

    @property
    def readers(self) -> int:
        """How many read it now."""
        return len(self._readers)

    @property
    def is_too_large(self) -> bool:
        return self.size > self._max_bytes

    def start(self, work: Coroutine[object, object, None]) -> "asyncio.Task[None]":
        """Let `work` add the items; the task's end is the answer's end."""
        self._task = asyncio.create_task(work)
        self._task.add_done_callback(lambda _: self._wake())
        return self._task

    async def add(self, item: T, size: int) -> None:
        self.items.append(item)
        self.size += size
        self._wake()
        if self.is_too_large:
            self._forget()
            await self._all_have_read()
            self._given_up += len(self.items)
            self.items.clear()

    async def read(self) -> AsyncGenerator[T, None]:
        """Yield what there is and what is still to come; does not tell how it ended."""
        reader = _Reader()
        self._readers.add(reader)
        try:
            while True:
                before, changed = reader.position, self._changed
                while reader.position < self._given_up + len(self.items):
                    yield self.items[reader.position - self._given_up]
                    reader.position += 1
                if self.is_too_large and reader.position > before:
                    self._wake()
                    changed = self._changed
                if self._task is None or self._task.done():
                    return
                await changed.wait()
        finally:
            self._readers.discard(reader)
            self._end_if_alone()
            self._wake()

    def _end_if_alone(self) -> None:
        if self._needs_readers and not self._readers and self._task is not None:
            self._task.cancel()

    def _wake(self) -> None:
        """Let all who wait look again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def _all_have_read(self) -> None:
        end = self._given_up + len(self.items)
        while any(reader.position < end for reader in self._readers):
            await self._changed.wait()
        if not self._readers and self._task is not None:
            self._task.cancel()  # it is for nobody now, and nobody can come back for it
