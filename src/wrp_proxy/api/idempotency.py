"""`Idempotency-Key`: a POST that is sent again gets the first answer, not a second bill."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass
from hashlib import sha256

from wrp_proxy.api.asgi import Message, Send
from wrp_proxy.broadcast import Broadcast
from wrp_proxy.errors import IdempotencyError, RequestError

_MAX_KEY_BYTES = 255
_LARGEST_SHARE = 8
"""No answer may take more than one part in so many of all that is kept."""
_REPLAYED = (b"idempotent-replayed", b"true")

Slot = tuple[str, str, bytes]
"""Tenant, path, key."""
Answer = Callable[[Send], Awaitable[bool]]
"""Sends an answer; tells whether it is complete and may be given again."""


@dataclass(slots=True, eq=False)
class Remembered:
    """One answer, while it comes and as long as it is kept."""

    digest: bytes
    expires_at: float
    messages: Broadcast[Message]
    is_kept: bool = False

    async def replay(self, send: Send) -> None:
        """Send what there is and what is still to come."""
        async with aclosing(self.messages.read()) as messages:
            async for message in messages:
                await send(dict(message))


class Idempotency:
    """Keeps complete answers by tenant, path and key, within bounds.

    The first request's work is a task of its own: it goes on when its client leaves, for who sends
    a key says that it will come back for the answer. Answers that failed are not kept.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        ttl_s: float = 24 * 3600,
        max_bytes: int = 64 * 1024 * 1024,
        max_answers: int = 10_000,
    ) -> None:
        """`max_bytes` bounds all answers together; the oldest go first."""
        self._clock = clock
        self._ttl_s = ttl_s
        self._max_bytes = max_bytes
        self._max_answers = max_answers
        self._kept: dict[Slot, Remembered] = {}
        self._size = 0
        self._running: set[asyncio.Task[None]] = set()

    def find(self, slot: Slot, body: bytes) -> Remembered | None:
        """Return what is known of a request; raise IdempotencyError where its body was another."""
        if not 0 < len(slot[2]) <= _MAX_KEY_BYTES:
            raise RequestError(
                f"Idempotency-Key must have 1 to {_MAX_KEY_BYTES} characters.",
                param="Idempotency-Key",
            )
        known = self._kept.get(slot)
        if known is None:
            return None
        if known.is_kept and known.expires_at <= self._clock():
            self._drop(slot, known)
            return None
        if known.digest != sha256(body).digest():
            raise IdempotencyError(
                "This Idempotency-Key was used with another body; use a new key.",
                param="Idempotency-Key",
            )
        return known

    async def answer(
        self, slot: Slot, body: bytes, send: Send, work: Answer, timeout_s: float | None = None
    ) -> None:
        """Send the answer that is known, or coming, or else the one that `work` makes.

        Raise TimeoutError where somebody else's answer takes longer than `timeout_s`.
        """
        known = self.find(slot, body)
        if known is not None:
            async with asyncio.timeout(timeout_s):
                await known.replay(_marking(send))
            return
        mine = Remembered(
            digest=sha256(body).digest(),
            expires_at=self._clock() + self._ttl_s,
            messages=Broadcast(
                max_bytes=self._max_bytes // _LARGEST_SHARE,
                forget=lambda: self._drop(slot, mine),
            ),
        )
        self._kept[slot] = mine
        task = mine.messages.start(self._work(slot, mine, work))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        await mine.replay(send)

    async def close(self) -> None:
        """Break off what is still under way."""
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _work(self, slot: Slot, mine: Remembered, work: Answer) -> None:
        is_complete = False
        try:
            is_complete = await work(_into(mine.messages))
        finally:
            if is_complete and not mine.messages.is_too_large:
                mine.is_kept = True
                self._size += mine.messages.size
                self._make_room()
            else:
                self._drop(slot, mine)

    def _make_room(self) -> None:
        while self._size > self._max_bytes or len(self._kept) > self._max_answers:
            oldest = next((item for item in self._kept.items() if item[1].is_kept), None)
            if oldest is None:
                return
            self._drop(*oldest)

    def _drop(self, slot: Slot, known: Remembered) -> None:
        if self._kept.get(slot) is not known:
            return
        del self._kept[slot]
        if known.is_kept:
            self._size -= known.messages.size


def _into(messages: Broadcast[Message]) -> Send:
    """Send to all who read."""

    async def send(message: Message) -> None:
        await messages.add(message, len(message.get("body", b"")))

    return send


def _marking(send: Send) -> Send:
    """Say on the answer that it is a replay."""

    async def marked(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message["headers"], _REPLAYED]
        await send(message)

    return marked
