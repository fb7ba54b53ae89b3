"""Looking after keys and providers without any request."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Self

import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import endpoint, model
from wrp_proxy.errors import (
    DisconnectedError,
    RateLimitedError,
    UnauthorisedError,
    UpstreamError,
)
from wrp_proxy.pool.breaker import BreakerRules
from wrp_proxy.pool.health import begin, note_failure
from wrp_proxy.pool.overseer import PoolOverseer
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.pool_probing import PoolProbes
from wrp_proxy.providers.openai import OpenAIProvider
from wrp_proxy.providers.upstream import Call

pytestmark = pytest.mark.anyio

PAIR = model("pair", endpoint("a"), endpoint("b"))
GONE, HANGS = DisconnectedError("gone"), None
Answer = int | UpstreamError | None
"""A status, a failure, or nothing ever."""


@dataclass
class Listing:
    """A provider that lists its models, and the way to it."""

    answer: Answer = 200
    asked: list[Call] = field(default_factory=list)

    def open(self, call: Call) -> "Asked":
        self.asked.append(call)
        return Asked(self.answer)

    async def close(self) -> None:
        pass


class Asked:
    headers: Mapping[bytes, bytes] = {}
    has_unread = False

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self.status = answer if isinstance(answer, int) else 0

    async def __aenter__(self) -> Self:
        if isinstance(self._answer, UpstreamError):
            raise self._answer
        if self._answer is HANGS:
            await asyncio.Event().wait()
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        pass

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield b"{}"

    def abort(self, error: UpstreamError) -> None:
        pass

    def drain(self) -> None:
        pass


@dataclass
class Care:
    probes: PoolProbes
    states: list[EndpointState]
    clock: Clock

    def fail(self, error: UpstreamError, times: int = 1) -> EndpointState:
        state = self.states[0]
        for _ in range(times):
            note_failure(state, begin(state, self.clock.now), error, self.clock.now)
        return state

    def is_out(self, place: int = 0) -> bool:
        return self.states[place].is_out(self.clock.now)


@pytest.fixture
def provider() -> Listing:
    return Listing()


@pytest.fixture
def care(provider: Listing) -> Care:
    clock, random = Clock(), Random(1)  # noqa: S311 - jitter
    pool = LocalPool(BreakerRules(failures=2), clock=clock, random=random)
    listing = OpenAIProvider(base_url="http://lab/v1", api_key="secret").listing()
    assert listing is not None
    probes = PoolProbes(
        {"lab": listing},
        provider,
        PoolOverseer(pool, lambda: [PAIR], clock=clock),
        interval_s=10,
        clock=clock,
        random=random,
    )
    return Care(probes, list(pool.states_of(PAIR)), clock)


async def test_a_refused_key_is_let_try_when_the_listing_answers(
    care: Care, provider: Listing
) -> None:
    state = care.fail(UnauthorisedError("401"))
    care.clock.now += 30

    await care.probes.test_keys({})

    assert (care.is_out(0), care.is_out(1)) == (False, False)
    assert state.key.breaker.is_half_open(care.clock.now)
    assert [(call.method, call.url) for call in provider.asked] == [("GET", "http://lab/v1/models")]


@pytest.mark.parametrize("answer", [401, 402, 404, 500, GONE])
async def test_a_refused_key_stays_out_while_the_listing_does_not_answer(
    care: Care, provider: Listing, answer: Answer
) -> None:
    provider.answer = answer
    care.fail(UnauthorisedError("401"))
    care.clock.now += 30

    await care.probes.test_keys({})

    assert care.is_out()


async def test_keys_that_are_good_are_not_tested(care: Care, provider: Listing) -> None:
    await care.probes.test_keys({})

    assert provider.asked == []


async def test_a_key_that_only_seems_good_is_tested_less_and_less(
    care: Care, provider: Listing
) -> None:
    tested: dict[str, float] = {}
    for _ in range(120):  # an hour
        if not care.is_out():
            care.fail(UnauthorisedError("402"))
        care.clock.now += 30
        await care.probes.test_keys(tested)

    assert 8 <= len(provider.asked) <= 30


async def test_a_probe_that_fails_counts_for_all_endpoints_of_the_provider(
    care: Care, provider: Listing
) -> None:
    found = []
    for provider.answer in (503, GONE):
        await care.probes.probe("lab")
        found.append((care.is_out(0), care.is_out(1)))

    assert found == [(False, False), (True, True)]

    provider.answer = 200
    await care.probes.probe("lab")
    assert (care.is_out(0), care.is_out(1)) == (False, False)


@pytest.mark.parametrize("status", [401, 403, 404, 429])
async def test_a_listing_that_is_refused_says_nothing(
    care: Care, provider: Listing, status: int
) -> None:
    provider.answer = status
    for _ in range(9):
        await care.probes.probe("lab")

    assert not care.is_out()
    assert care.states[0].breaker.failures(care.clock.now) == 0


async def test_a_probe_that_succeeds_lets_one_request_try_and_no_more(care: Care) -> None:
    state = care.fail(UpstreamError("500"), 2)
    out = care.is_out()

    await care.probes.probe("lab")

    assert (out, care.is_out()) == (True, False)
    begin(state, care.clock.now)
    assert state.is_full


async def test_a_probe_does_not_end_a_rate_limit(care: Care) -> None:
    care.fail(RateLimitedError("slow down", retry_after_s=60))

    await care.probes.probe("lab")

    assert care.is_out()


async def test_a_provider_that_hangs_is_given_up(
    care: Care, provider: Listing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wrp_proxy.pool_probing._TIMEOUT_S", 0.05)
    provider.answer = HANGS

    await care.probes.probe("lab")

    assert care.states[0].breaker.failures(care.clock.now) == 1
