"""One try at one endpoint: open, decode, watch the clock, and tell how it went."""

import asyncio
import math
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from time import perf_counter
from typing import Self

from wrp_proxy.errors import DeadlineError, UpstreamTimeoutError
from wrp_proxy.providers.base import Decoder, Provider
from wrp_proxy.providers.upstream import Call, Exchange, Upstream
from wrp_proxy.retention import with_retention
from wrp_proxy.trace import Trace
from wrp_proxy.types import LARGE_BODY_BYTES, Chunk, Endpoint, Finish, Outcome, Usage, Workload

_MAX_ERROR_BYTES = 64 * 1024
_MAX_HELD_EVENTS = 64
_MAX_HELD_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeLimits:
    """Seconds; keep-alive comments and role chunks are no content."""

    first_content_s: float
    """From the start of a streamed attempt to its first content."""
    stall_s: float
    """Between contents of a stream."""
    answer_s: float
    """For a plain answer, whole."""


class Attempt:
    """Yields what may be relayed: nothing before the first content, so that a failure before it
    can still be mended elsewhere without the client noticing.
    """

    def __init__(
        self, trace: Trace, workload: Workload, provider: Provider, endpoint: Endpoint
    ) -> None:
        self._first_content_s: float | None = None
        self._trace = trace
        self._request = trace.request
        self._workload = workload
        self._provider = provider
        self._endpoint = endpoint
        self._started = perf_counter()
        self._decoder: Decoder | None = None
        self._is_sent = False
        self._held: list[bytes] | None = []

    async def chunks(self, upstream: Upstream, limits: TimeLimits) -> AsyncGenerator[Chunk, None]:
        left_s = self._left_s()
        exchange = upstream.open(await self._call())
        self._is_sent = True
        wait_s = limits.first_content_s if self._request.stream else limits.answer_s
        with _Watchdog(exchange, wait_s, left_s) as watchdog:
            async with exchange:
                await self._refuse_failure(exchange)
                decoder = self._provider.decoder(self._request, self._endpoint)
                self._decoder = self._trace.decoder = decoder
                async for piece in exchange:
                    for chunk in self._release(decoder.feed(piece)):
                        if chunk.content:
                            watchdog.rest(limits.stall_s)
                        yield chunk
                    if decoder.done:
                        exchange.drain()
                        break
                for chunk in self._release(decoder.close()):
                    yield chunk

    async def _call(self) -> Call:
        """Put the request into the upstream's words; a large one in a thread."""
        request, endpoint = self._request, self._endpoint
        if endpoint.retention_hints:
            request = with_retention(request, self._workload)
        if len(request.raw) < LARGE_BODY_BYTES:
            return self._provider.encode(request, endpoint)
        return await asyncio.to_thread(self._provider.encode, request, endpoint)

    def _left_s(self) -> float:
        """Return the time that the caller will still wait; raise DeadlineError if there is none."""
        if self._request.timeout_s is None:
            return math.inf
        left_s = self._request.timeout_s - (self._started - self._trace.started)
        if left_s <= 0:
            raise too_late()
        return left_s

    def outcome(self, finish: Finish, error: str | None) -> Outcome:
        usage = self._usage(finish)
        price = self._endpoint.price
        return self._trace.outcome(
            self._workload,
            model=self._trace.answered_by or "",
            finish=finish,
            error=error,
            endpoint=self._endpoint,
            usage=usage,
            cost_usd=price.cost_usd(usage) if price and usage else None,
            first_content_s=self._first_content_s,
            duration_s=perf_counter() - self._started,
        )

    def _usage(self, finish: Finish) -> Usage | None:
        """Return what the upstream counted, else an estimate of what it will bill.

        An attempt that failed before its first content counts nothing but what the upstream said.
        """
        decoder = self._decoder
        if decoder is not None and decoder.usage is not None:
            return decoder.usage
        if not self._is_sent or (self._held is not None and finish == "failed"):
            return None
        return Usage(
            prompt_tokens=self._workload.input_tokens,
            completion_tokens=decoder.estimate() if decoder is not None else 0,
            estimated=True,
        )

    async def _refuse_failure(self, exchange: Exchange) -> None:
        if 200 <= exchange.status < 300:
            return
        body = b""
        async for piece in exchange:
            body += piece
            if len(body) >= _MAX_ERROR_BYTES:
                break
        raise self._provider.error(exchange.status, exchange.headers, body[:_MAX_ERROR_BYTES])

    def _release(self, chunks: Sequence[Chunk]) -> Sequence[Chunk]:
        """Hold start-up chunks back until real output; then give out all of them as one."""
        if self._first_content_s is not None or not chunks:
            return chunks
        has_content = any(chunk.content for chunk in chunks)
        if has_content:
            self._first_content_s = perf_counter() - self._started
        if self._held is None:
            return chunks
        self._held.extend(chunk.data for chunk in chunks)
        if not has_content and not self._is_too_much():
            return ()
        released = Chunk(data=b"".join(self._held), content=has_content)
        self._held = None
        return (released,)

    def _is_too_much(self) -> bool:
        held = b"".join(self._held or ())
        return held.count(b"\n\n") > _MAX_HELD_EVENTS or len(held) > _MAX_HELD_BYTES


class _Watchdog:
    """Aborts a wait that makes no progress: one timer per attempt, moved only when it fires.

    While something is unread it is the client who is slow, and no fault of the upstream's.
    """

    def __init__(self, exchange: Exchange, wait_s: float, left_s: float) -> None:
        """`left_s` is the caller's deadline, whatever progress is made."""
        self._exchange = exchange
        self._wait_s = wait_s
        self._loop = asyncio.get_running_loop()
        now = self._loop.time()
        self._due = now + wait_s
        self._deadline = now + left_s
        self._is_stalled = False
        self._timer = self._loop.call_at(min(self._due, self._deadline), self._fire)

    def rest(self, wait_s: float) -> None:
        """Progress was made: be quiet for `wait_s`."""
        self._is_stalled = True
        self._wait_s = wait_s
        self._due = self._loop.time() + wait_s
        if self._due < self._timer.when():
            self._timer.cancel()
            self._timer = self._loop.call_at(self._due, self._fire)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._timer.cancel()

    def _fire(self) -> None:
        now = self._loop.time()
        if now >= self._deadline:
            self._exchange.abort(too_late())
            return
        if self._exchange.has_unread:
            self._due = now + self._wait_s
        if self._due > now:
            self._timer = self._loop.call_at(min(self._due, self._deadline), self._fire)
            return
        said = "went silent in mid-answer" if self._is_stalled else "did not answer in time"
        self._exchange.abort(UpstreamTimeoutError(f"The upstream {said}."))


def too_late() -> DeadlineError:
    return DeadlineError("The answer was not complete within x-wrp-timeout-ms.")
