"""Prefix affinity over real sockets: who stays, who moves, and that nobody piles up."""

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import httpx
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import Answer, FakeUpstream, Received, Wire
from tests.proxy import CHAT, Proxy, pools_config

SESSIONS, TURNS = 30, 4
WORKERS = 4
"""So few in flight drive no session from its home."""
Homes = dict[int, list[str]]
"""Session -> the provider that answered each of its turns."""


@pytest.fixture
def three() -> Iterator[list[FakeUpstream]]:
    with ExitStack() as stack:
        yield [stack.enter_context(FakeUpstream(answers.chat())) for _ in range(3)]


@pytest.fixture
def proxy(three: list[FakeUpstream], start_proxy: StartProxy) -> Proxy:
    config = pools_config({"small": [upstream.url for upstream in three]})
    config["models"]["small"]["balance"] = "prefix_affinity"
    return start_proxy(config)


def ask(client: httpx.Client, session: int, turn: int, *, is_named: bool) -> str:
    """Ask as a client with its whole conversation does; return the provider that answered."""
    messages = [{"role": "user", "content": f"Tell me about the {session}th island."}]
    for said in range(turn):
        messages += [
            {"role": "assistant", "content": "Hello there"},
            {"role": "user", "content": f"And then, for the {said + 2}th time?"},
        ]
    headers = {"x-session-id": f"session-{session}"} if is_named else {}
    reply = client.post(CHAT, json={"model": "auto", "messages": messages}, headers=headers)
    assert reply.status_code == 200, reply.text
    return reply.headers["x-wrp-provider"]


def converse(proxy: Proxy, turns: range, *, is_named: bool = True) -> Homes:
    """Hold all conversations, a few at a time."""
    client = proxy.http

    def hold(session: int) -> list[str]:
        return [ask(client, session, turn, is_named=is_named) for turn in turns]

    with ThreadPoolExecutor(WORKERS) as workers:
        return dict(enumerate(workers.map(hold, range(SESSIONS))))


@pytest.mark.parametrize("is_named", [True, False], ids=["x-session-id", "growing"])
def test_conversations_stay_at_the_endpoint_of_their_first_turn(
    proxy: Proxy, is_named: bool
) -> None:
    homes = converse(proxy, range(TURNS), is_named=is_named)

    stayed = sum(later == first for first, *rest in homes.values() for later in rest)
    assert stayed >= 0.95 * SESSIONS * (TURNS - 1)
    assert min(Counter(first for first, *_ in homes.values()).values()) >= SESSIONS / 10
    assert len({first for first, *_ in homes.values()}) == 3


def test_a_crowd_overloads_no_endpoint(three: list[FakeUpstream], proxy: Proxy) -> None:
    crowd = Crowd(SESSIONS)
    for place, upstream in enumerate(three):
        upstream.answer = crowd.answer_of(place)
    client = proxy.http

    for turn in range(2):
        with ThreadPoolExecutor(SESSIONS) as workers:
            asked = [
                workers.submit(ask, client, session, turn, is_named=True)
                for session in range(SESSIONS)
            ]
            assert all(one.result() for one in asked)

    assert [sum(loads) for loads in crowd.loads] == [SESSIONS, SESSIONS]
    assert all(max(loads) <= 1.25 * SESSIONS / 3 + 1 for loads in crowd.loads)


def test_an_endpoint_that_dies_moves_its_own_sessions_for_good(
    three: list[FakeUpstream], proxy: Proxy
) -> None:
    before = {session: home for session, (home,) in converse(proxy, range(1)).items()}
    three[0].answer = answers.reset
    during = {session: home for session, (home,) in converse(proxy, range(1, 2)).items()}
    three[0].answer = answers.chat()
    after = {session: home for session, (home,) in converse(proxy, range(2, 3)).items()}

    assert "lab-1" in before.values()
    assert "lab-1" not in during.values()
    assert {session for session in before if before[session] != during[session]} == {
        session for session, home in before.items() if home == "lab-1"
    }
    assert after == during


class Crowd:
    """Upstreams that answer when so many requests are there, and say how they were shared."""

    def __init__(self, size: int) -> None:
        self.loads: list[tuple[int, ...]] = []
        """Requests at each of the three, whenever all had come."""
        self._size = size
        self._here = [0, 0, 0]
        self._lock = threading.Lock()
        self._all_here = threading.Event()

    def answer_of(self, place: int) -> Answer:
        answer = answers.chat()

        async def held(received: Received, wire: Wire) -> None:
            with self._lock:
                self._here[place] += 1
                gate = self._all_here
                if sum(self._here) == self._size:
                    self.loads.append(tuple(self._here))
                    gate.set()
                    self._here, self._all_here = [0, 0, 0], threading.Event()
            assert await asyncio.to_thread(gate.wait, 20)
            await answer(received, wire)

        return held
