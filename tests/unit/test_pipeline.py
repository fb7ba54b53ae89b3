"""The stages in their order, with a cache that remembers."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from tests import answers
from tests.fake_upstream import FakeUpstream
from tests.unit.trying import fail_over_to
from wrp_proxy.cache.base import Cache, Hit, Lookup
from wrp_proxy.cache.single_flight import Flights
from wrp_proxy.catalog import Catalog, Route
from wrp_proxy.errors import UpstreamError
from wrp_proxy.grading.grader import Grader
from wrp_proxy.grading.retries import Retries
from wrp_proxy.grading_answers import Grading
from wrp_proxy.holding import Holding
from wrp_proxy.pipeline import Pipeline
from wrp_proxy.providers.http1.client import Http1Upstream
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.together import Together
from wrp_proxy.trace import Trace
from wrp_proxy.types import ChatRequest, Endpoint, Model, Outcome, Workload
from wrp_proxy.verifiers.panel import Panel
from wrp_proxy.verifiers.registry import VERIFIERS
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength
from wrp_proxy.workload.token_estimate import TokenEstimate

RAW = b'{"model":"auto","messages":[{"role":"user","content":"Hi"}]}'


class RememberingCache:
    """The simplest cache behind the protocol: whole bodies, whole answers."""

    def __init__(self) -> None:
        self.saved: dict[bytes, Hit] = {}

    async def lookup(self, request: ChatRequest, route: str) -> Lookup:
        hit = self.saved.get(request.raw)
        return Lookup(status="exact" if hit else "miss", hit=hit, saves=not hit, own=request.raw)

    async def nearest(
        self, lookup: Lookup, workload: Workload, preset: str | None = None
    ) -> Lookup:
        return lookup

    def save(self, lookup: Lookup, pieces: Sequence[bytes], outcome: Outcome) -> None:
        assert isinstance(lookup.own, bytes)
        self.saved[lookup.own] = Hit(
            pieces=pieces,
            model=outcome.model,
            age_s=0,
            workload=outcome.workload,
            usage=outcome.usage,
            saved_usd=outcome.cost_usd,
        )


class Records:
    def __init__(self) -> None:
        self.outcomes: list[Outcome] = []

    def record(self, outcome: Outcome) -> None:
        self.outcomes.append(outcome)


def ignore(outcome: Outcome) -> None:
    return


def request() -> ChatRequest:
    body = {"model": "auto", "messages": [{"role": "user", "content": "Hi"}]}
    return ChatRequest(id="req_1", tenant="t", session=None, model="auto", body=body, raw=RAW)


@asynccontextmanager
async def pipeline_before(
    upstream: FakeUpstream, cache: Cache, records: Records
) -> AsyncIterator[Pipeline]:
    endpoint = Endpoint(provider="lab", model="mock")
    router = FixedOrder()
    client = Http1Upstream(connect_timeout_s=5)
    classifier = WorkloadClassifier(ContextLength(TokenEstimate()))
    fail_over = fail_over_to(upstream.url, client, records, classifier)
    panel = Panel(VERIFIERS)
    grader = Grader((), Retries(), learn=ignore, store=ignore)
    yield Pipeline(
        cache=cache,
        together=Together(Flights(max_bytes=1000), records),
        classifier=classifier,
        catalog=Catalog(
            models=[Model(name="small", endpoints=(endpoint,))],
            routes=[Route(name="auto", router=router, models=None)],
            direct=router,
            make_up=lambda provider, name: None,
        ),
        holding=Holding(fail_over=fail_over, panel=panel),
        grading=Grading(panel, grader),
        recorder=records,
    )
    await client.close()


async def answer_of(pipeline: Pipeline) -> tuple[bytes, Trace]:
    trace = Trace(request())
    pieces: Sequence[bytes] = [piece async for piece in pipeline.answer(trace.request, trace)]
    return b"".join(pieces), trace


@pytest.mark.anyio
async def test_a_saved_answer_is_replayed_and_recorded_as_free(upstream: FakeUpstream) -> None:
    records = Records()
    async with pipeline_before(upstream, RememberingCache(), records) as pipeline:
        first, missed = await answer_of(pipeline)
        second, hit = await answer_of(pipeline)

    assert first == second
    assert len(upstream.received) == 1
    assert (missed.cached, hit.cached) == ("miss", "exact")
    assert hit.answered_by == "small"
    assert [outcome.cached for outcome in records.outcomes] == ["miss", "exact"]
    assert (records.outcomes[1].model, records.outcomes[1].cost_usd) == ("small", 0.0)
    assert records.outcomes[1].endpoint is None


@pytest.mark.anyio
async def test_a_failed_answer_is_not_saved(upstream: FakeUpstream) -> None:
    upstream.answer = answers.error(500)
    cache = RememberingCache()
    async with pipeline_before(upstream, cache, Records()) as pipeline:
        with pytest.raises(UpstreamError):
            await answer_of(pipeline)

    assert cache.saved == {}
