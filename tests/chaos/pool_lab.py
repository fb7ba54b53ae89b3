"""A proxy before three upstreams of one model, of which one fails while many ask."""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from tests import answers
from tests.chaos.pool_client import SAID, Reply, ask
from tests.fake_upstream import Answer, FakeUpstream, Received, Wire
from tests.proxy import Proxy, pools_config, recorded, running_proxy, tls_context

_WELL = answers.chat(SAID)
_WORDS = [answers.event(answers.delta("", role="assistant")), answers.event(answers.delta("The "))]
_ID = re.compile(rb"chaos-\d+")
_NO_LIMITS: Mapping[str, float] = {}
_HALF_A_BODY = b'{"id": "chatcmpl-1", "choices": [{"mess'


class Site:
    """One of the three upstreams; counts what it would bill."""

    def __init__(self, name: str, arrived: Callable[[], None]) -> None:
        self.name = name
        self.billed = 0
        """Answers that were sent whole."""
        self.answer: Answer = self.well
        """May be exchanged while requests are held."""
        self.upstream = FakeUpstream(self._answer)
        self._arrived = arrived

    @property
    def endpoint(self) -> str:
        return f"{self.name}/mock-small"

    @property
    def asked(self) -> int:
        return len(self.upstream.received)

    @property
    def asked_for(self) -> Counter[str]:
        """How often it was asked for which request."""
        ids = (_ID.search(one.body) for one in self.upstream.received)
        return Counter(found[0].decode() for found in ids if found)

    async def well(self, received: Received, wire: Wire) -> None:
        await _WELL(received, wire)
        self.billed += 1

    async def late(self, received: Received, wire: Wire) -> None:
        """Answer as the others do, a quarter of a second later."""
        await asyncio.sleep(0.25)
        await self.well(received, wire)

    def fail(self, answer: Answer) -> None:
        """Answer well twice more, and then otherwise."""
        self.answer = answers.in_turn(self.well, self.well, answer)

    async def _answer(self, received: Received, wire: Wire) -> None:
        self._arrived()
        await wire.release.wait()
        await self.answer(received, wire)


@dataclass(slots=True)
class Lab:
    """Holds all answers back until it is told to release them."""

    proxy: Proxy
    sites: Sequence[Site]
    _all_here: threading.Event
    _number: int = 0
    replies: list[Reply] = field(default_factory=list)

    def release(self) -> None:
        for site in self.sites:
            site.upstream.release()

    def busiest(self) -> Site:
        return max(self.sites, key=lambda site: site.asked)

    def others(self, bad: Site) -> list[Site]:
        return [site for site in self.sites if site is not bad]

    async def all_here(self) -> None:
        """Wait until as many requests as are held have reached the upstreams."""
        seen = await asyncio.to_thread(self._all_here.wait, 30)
        assert seen, [site.asked for site in self.sites]

    async def ask_many(self, times: int, at_once: int = 8) -> list[Reply]:
        """Ask, streamed and plain in turns."""
        free = asyncio.Semaphore(at_once)

        async def one() -> Reply:
            async with free:
                return await self.ask()

        return await asyncio.gather(*(one() for _ in range(times)))

    async def ask(self, leaves_after: int | None = None) -> Reply:
        """Ask once; streams every other time, and whenever the client is to leave it half-way."""
        self._number += 1
        stream = leaves_after is not None or self._number % 2 == 0
        reply = await ask(self.proxy, self._number, stream=stream, leaves_after=leaves_after)
        self.replies.append(reply)
        return reply

    def rows(self) -> list[dict[str, Any]]:
        """Wait until all that the upstreams were asked is on record."""
        return recorded(self.proxy, sum(site.asked for site in self.sites))

    def metrics(self) -> str:
        return httpx.get(f"{self.proxy.url}/metrics", verify=tls_context()).text

    def gauge(self, name: str) -> dict[str, float]:
        """Return a metric by endpoint."""
        lines = self.metrics().splitlines()
        pairs = [line.rsplit(" ", 1) for line in lines if line.startswith(f"{name}{{endpoint=")]
        return {label.split('"')[1]: float(value) for label, value in pairs}

    def is_cooling(self, site: Site) -> bool:
        return self.gauge("wrp_cooling").get(site.endpoint) == 1.0

    def has_all_slots_back(self) -> bool:
        return not any(self.gauge("wrp_in_flight").values())


@contextmanager
def pool_lab(
    folder: Path, *, held: int = 0, balance: str = "p2c", limits: Mapping[str, float] = _NO_LIMITS
) -> Iterator[Lab]:
    """Run all; with `held` answers wait for `release`, and it is told when so many have come."""
    all_here = threading.Event()
    arrivals = count(1)

    def arrived() -> None:
        if next(arrivals) == held:
            all_here.set()

    sites = [Site(f"lab-{place}", arrived) for place in (1, 2, 3)]
    with ExitStack() as stack:
        for site in sites:
            stack.enter_context(site.upstream)
        config = pools_config(
            {"small": [site.upstream.url for site in sites]},
            workload={"embed": False},
            resilience={"cooldown_s": 60, **limits},
        )
        config["models"]["small"]["balance"] = balance
        proxy = stack.enter_context(running_proxy(config, folder))
        lab = Lab(proxy, sites, all_here)
        if not held:
            lab.release()
        yield lab
    failures = [error for site in sites for error in site.upstream.failures]
    assert [error for error in failures if not isinstance(error, ConnectionError)] == []


def truncated(*, after_content: bool) -> Answer:
    """Break off streams before or after their first content, and plain answers half-way."""
    pieces = _WORDS if after_content else _WORDS[:1]
    streamed = answers.stream(pieces, end=False)
    plain = answers.stream([_HALF_A_BODY], end=False)

    async def answer(received: Received, wire: Wire) -> None:
        await (streamed if received.json.get("stream") else plain)(received, wire)

    return answer
