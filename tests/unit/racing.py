"""Hedged requests before endpoints that do as they are told, in a time that takes none."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Literal, Self

from tests.answers import chunks_of, completion
from tests.unit.nouns import chat_request, endpoint, model, outcome, workload
from tests.unit.pool.virtual_time import VirtualLoop, now
from wrp_proxy.attempt import TimeLimits
from wrp_proxy.attempting import Attempts
from wrp_proxy.catalog import Route
from wrp_proxy.errors import DisconnectedError, UpstreamError, WrpError
from wrp_proxy.fail_over import FailOver
from wrp_proxy.pool.budget import TrafficBudget
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pooling import Balancing, Hedging
from wrp_proxy.providers.openai import OpenAIProvider
from wrp_proxy.providers.upstream import Call
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.trace import Trace
from wrp_proxy.types import Decision, Endpoint, Model, Outcome, Price
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength
from wrp_proxy.workload.token_estimate import TokenEstimate

USUAL_S = 0.1
"""To first content; nobody is hedged before."""
CHEAP = Price(input=1.0, output=2.0)
A, B, C = (endpoint("mock", provider=name, price=CHEAP) for name in "abc")
TURNS = Balancing(name="round_robin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """What an endpoint does with each request."""

    after_s: float
    """To its first content, or to what it does instead."""
    how: Literal["answer", "break", "reject", "cut"] = "answer"
    """`cut`: its answer breaks off after the first content."""


@dataclass(slots=True)
class Stage:
    """Endpoints, and what has been asked of them."""

    acts: Mapping[str, Act]
    open: Counter[str] = field(default_factory=Counter)
    """Connections, by provider."""
    asked: list[tuple[str, float]] = field(default_factory=list)
    """Provider, and when."""

    def perform(self, call: Call) -> "_Exchange":
        name = call.url.removeprefix("http://")[0]
        is_stream = "stream_options" in json.loads(call.body)
        return _Exchange(self, name, self.acts[name], is_stream=is_stream)


class _Exchange:
    def __init__(self, stage: Stage, name: str, act: Act, *, is_stream: bool) -> None:
        self.status = 200
        self.headers: Mapping[bytes, bytes] = {}
        self.has_unread = False
        self._stage, self._name, self._act, self._is_stream = stage, name, act, is_stream
        self._waiter: asyncio.Future[None] | None = None

    async def __aenter__(self) -> Self:
        self._stage.open[self._name] += 1
        self._stage.asked.append((self._name, now()))
        try:
            await self._begin()
        except BaseException:
            self._stage.open[self._name] -= 1
            raise
        return self

    async def _begin(self) -> None:
        if self._act.how in {"break", "reject"}:
            await self._pause(self._act.after_s)
            self.status = 400
        if self._act.how == "break":
            raise DisconnectedError("broken")

    async def __aexit__(self, *exc_info: object) -> None:
        self._stage.open[self._name] -= 1

    async def __aiter__(self) -> AsyncIterator[bytes]:
        if self.status == 400:
            yield json.dumps({"error": {"message": "no", "code": "bad"}}).encode()
            return
        if not self._is_stream:
            await self._pause(self._act.after_s)
            yield json.dumps(completion(self._name)).encode()
            return
        role, first, *rest = chunks_of([self._name, "!"])
        yield role
        await self._pause(self._act.after_s)
        yield first
        await self._pause(0.01)
        if self._act.how == "cut":
            raise DisconnectedError("cut")
        for piece in rest:
            yield piece

    def abort(self, error: UpstreamError) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)

    def drain(self) -> None:
        return

    async def _pause(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._waiter = waiter = loop.create_future()
        timer = loop.call_later(seconds, waiter.set_result, None)
        try:
            await waiter
        finally:
            timer.cancel()


class _Upstream:
    def __init__(self, stage: Stage) -> None:
        self.open = stage.perform

    async def close(self) -> None:
        return


class _Records:
    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def record(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


@dataclass(slots=True)
class Theatre:
    """A route with hedging, a pool that knows how fast its endpoints usually are, and clients."""

    stage: Stage
    model: Model
    pool: LocalPool
    attempts: Attempts
    retries: TrafficBudget
    fail_over: FailOver
    route: Route
    records: _Records
    others: tuple[Model, ...] = ()
    """Models that are asked after the first."""

    @property
    def outcomes(self) -> list[Outcome]:
        return self.records.outcomes

    @property
    def decision(self) -> Decision:
        ranking = (self.model, *self.others)
        return Decision(ranking=ranking, router="fixed_order", reason="the first")

    @property
    def in_flight(self) -> int:
        return sum(state.in_flight for state in self.pool.states_of(self.model))

    async def ask(
        self,
        *,
        stream: bool = True,
        timeout_s: float | None = None,
        leaves_after: int | None = None,
        **wish: Any,
    ) -> "Answer":
        """Ask once; `leaves_after` so many pieces the client closes the answer."""
        trace = Trace(replace(chat_request(stream=stream), timeout_s=timeout_s))
        trace.route, asked = self.route, workload(**wish)
        trace.decision = self.decision
        answer = Answer(trace)
        async with aclosing(self.fail_over.answer(trace, asked, trace.decision)) as pieces:
            try:
                async for piece in pieces:
                    if not answer.pieces:
                        await asyncio.sleep(0)
                        answer.open_at_first = sum(self.stage.open.values())
                        answer.in_flight_at_first = self.in_flight
                    answer.pieces.append(piece)
                    if len(answer.pieces) == leaves_after:
                        break
            except WrpError as error:
                answer.error = error
        return answer


@dataclass(slots=True)
class Answer:
    trace: Trace
    pieces: list[bytes] = field(default_factory=list)
    error: WrpError | None = None
    open_at_first: int = 0
    """Connections right after the first piece."""
    in_flight_at_first: int = 0

    @property
    def whose(self) -> str:
        """Name the endpoint that has answered."""
        said = b"".join(self.pieces)
        return "".join(name for name in "abc" if f'"content": "{name}"'.encode() in said)


def run(
    acts: Sequence[Act],
    script: Callable[[Theatre], Any],
    hedging: Hedging | None = None,
    endpoints: Sequence[Endpoint] = (A, B, C),
    known: int = 20,
    max_wait_s: float = 0.0,
) -> Any:
    """Play a script with endpoints that act so; see that nothing is left of it.

    `known`: streams that each endpoint has answered before.
    """

    async def play() -> Any:
        theatre = _theatre(acts, hedging or Hedging(), endpoints, known, max_wait_s)
        result = await script(theatre)
        await asyncio.sleep(0.001)
        assert asyncio.all_tasks() == {asyncio.current_task()}
        assert +theatre.stage.open == Counter()
        assert theatre.in_flight == 0
        assert not any(state.unanswered for state in theatre.pool.states_of(theatre.model))
        return result

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(play())


def _theatre(
    acts: Sequence[Act],
    hedging: Hedging,
    endpoints: Sequence[Endpoint],
    known: int,
    max_wait_s: float,
) -> Theatre:
    stage = Stage(dict(zip("abc", acts, strict=False)))
    served = model("small", *endpoints[: len(acts)], balancing=TURNS)
    pool = LocalPool(clock=now, random=Random(0))  # noqa: S311 - the same in every run
    usual = outcome(stream=True, first_content_s=USUAL_S, duration_s=2 * USUAL_S)
    for state in pool.states_of(served):
        for _ in range(known):
            state.pace.observe(usual, now())
    records = _Records()
    attempts = Attempts(
        providers={
            name: OpenAIProvider(base_url=f"http://{name}/v1", api_key=None) for name in "abc"
        },
        upstream=_Upstream(stage),
        recorder=records,
        learners=[WorkloadClassifier(ContextLength(TokenEstimate()))],
        limits=TimeLimits(first_content_s=60, stall_s=60, answer_s=60),
    )
    retries = TrafficBudget(0.0, 3.0, clock=now)
    fail_over = FailOver(
        pool=pool, attempts=attempts, retries=retries, max_attempts=3, max_wait_s=max_wait_s
    )
    route = Route(name="auto", router=FixedOrder(), models=None, hedging=hedging)
    return Theatre(stage, served, pool, attempts, retries, fail_over, route, records)


def slots(at: Endpoint, count: int) -> Endpoint:
    return replace(at, max_concurrency=count)
