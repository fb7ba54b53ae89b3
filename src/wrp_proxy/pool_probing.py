"""Asks providers for their models, to see whether they are well; never on the request path."""

import asyncio
from collections.abc import Mapping
from random import Random
from typing import Literal

import structlog

from wrp_proxy.errors import UpstreamError
from wrp_proxy.pool.base import Clock
from wrp_proxy.pool.overseer import PoolOverseer
from wrp_proxy.pool.state import EndpointState, KeyState
from wrp_proxy.providers.upstream import Call, Upstream

REVIVAL_S = 30.0
"""How often a refused key is tested."""
_LONGEST_REVIVAL_S = 300.0
_TIMEOUT_S = 5.0
_AT_ONCE = 4

Finding = Literal["well", "failing", "unclear"]


class PoolProbes:
    """Tests refused keys, and every provider where that is wished for.

    A provider that lists its models is well, which says nothing of a model's rate limit or of an
    account's balance: what rests is only let try, by one request. A listing that is refused says
    nothing at all, as keys may be good for answers alone.
    """

    def __init__(
        self,
        listings: Mapping[str, Call],
        upstream: Upstream,
        overseer: PoolOverseer,
        *,
        interval_s: float | None,
        clock: Clock,
        random: Random,
    ) -> None:
        """`listings` are the calls that ask, by provider; `interval_s` None: only keys are tested.

        Keys of providers without a listing are tried by a request after the longest cooldown.
        """
        self._listings = listings
        self._upstream = upstream
        self._overseer = overseer
        self._interval_s = interval_s
        self._clock = clock
        self._random = random
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._log = structlog.get_logger("wrp_proxy.pool")

    async def run(self) -> None:
        """Ask until cancelled."""
        await asyncio.gather(
            self._revive(), *(self._follow(provider) for provider in self._probed())
        )

    async def test_keys(self, tested: dict[str, float]) -> None:
        """Test the refused keys whose turn it is; `tested`: when each was, by provider."""
        now = self._clock()
        due = [key for key in self._overseer.key_states() if self._is_due(key, tested, now)]
        tested.update({key.provider: now for key in due})
        await asyncio.gather(*(self._test(key) for key in due))

    async def probe(self, provider: str) -> None:
        """Ask one provider, and take note of what that says of its endpoints."""
        finding, now = await self._ask(provider), self._clock()
        states = self._states_of(provider)
        for state in states:
            if finding == "failing":
                state.breaker.count_failure(now)
            elif finding == "well":
                state.let_try(now)
        for key in {state.key for state in states}:
            if finding == "failing":
                key.breaker.count_failure(now)
            elif finding == "well" and not any(state.is_limited for state in states):
                key.breaker.half_open(now)
        self._overseer.look_again()

    async def _revive(self) -> None:
        tested: dict[str, float] = {}
        while True:
            await asyncio.sleep(self._jittered(REVIVAL_S))
            await self.test_keys(tested)

    async def _follow(self, provider: str) -> None:
        while True:
            await asyncio.sleep(self._jittered(self._interval_s or 0.0))
            await self.probe(provider)

    async def _test(self, key: KeyState) -> None:
        if await self._ask(key.provider) == "well" and key.killed_at is not None:
            self._log.info("a refused key may be good again", provider=key.provider)
            key.breaker.half_open(self._clock())
            self._overseer.look_again()

    async def _ask(self, provider: str) -> Finding:
        try:
            async with (
                self._turns,
                asyncio.timeout(_TIMEOUT_S),
                self._upstream.open(self._listings[provider]) as exchange,
            ):
                status = exchange.status
                exchange.drain()
        except (UpstreamError, TimeoutError):
            return "failing"
        if status >= 500:
            return "failing"
        return "well" if 200 <= status < 300 else "unclear"

    def _is_due(self, key: KeyState, tested: Mapping[str, float], now: float) -> bool:
        """Tell whether to test a key; one that is refused again and again is tested less often."""
        if key.killed_at is None or not key.is_out(now) or key.provider not in self._listings:
            return False
        pause_s = min(REVIVAL_S * 2.0 ** min(key.kills - 1, 10), _LONGEST_REVIVAL_S)
        # A little early is in time: the rounds themselves are not regular.
        return now - tested.get(key.provider, key.killed_at) >= pause_s / 2

    def _states_of(self, provider: str) -> list[EndpointState]:
        found = self._overseer.by_name().values()
        return [one for states in found for one in states if one.endpoint.provider == provider]

    def _probed(self) -> list[str]:
        return list(self._listings) if self._interval_s is not None else []

    def _jittered(self, pause_s: float) -> float:
        return pause_s * self._random.uniform(0.8, 1.2)
