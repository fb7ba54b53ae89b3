"""The life of one request, one line per stage, top to bottom."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from functools import partial
from time import perf_counter

from wrp_proxy.accounting.base import Recorder
from wrp_proxy.cache.base import Cache, Hit
from wrp_proxy.catalog import Catalog
from wrp_proxy.collected import Collected
from wrp_proxy.deciding import Considered, described
from wrp_proxy.grading_answers import Grading
from wrp_proxy.holding import Holding
from wrp_proxy.reasons import explained
from wrp_proxy.together import Together
from wrp_proxy.trace import Trace
from wrp_proxy.types import ChatRequest, Model
from wrp_proxy.workload.base import Classifier


class Pipeline:
    """Cache, Workload, Router, Pool, Provider, record."""

    def __init__(  # noqa: PLR0913 - keywords only, filled by the composition root
        self,
        *,
        cache: Cache,
        together: Together,
        classifier: Classifier,
        catalog: Catalog,
        recorder: Recorder,
        holding: Holding,
        grading: Grading,
    ) -> None:
        self._cache = cache
        self._together = together
        self._classifier = classifier
        self._catalog = catalog
        self._holding = holding
        self._grading = grading
        self._recorder = recorder

    async def answer(self, request: ChatRequest, trace: Trace) -> AsyncGenerator[bytes, None]:
        """Yield the answer's bytes; raise WrpError, and nothing else, when there is none."""
        trace.route, models = self._catalog.resolve(request.model)
        trace.request = request = trace.route.wished(request)
        trace.lookup = lookup = await self._cache.lookup(request, trace.route.name)
        considered = await self._consider(trace, models) if trace.route.decides_first else None
        may_be_known = considered is None or considered.decision.cache != "off"
        make = partial(self._made, trace, models, considered)
        if lookup.hit is not None and may_be_known:
            pieces = self._given_again(trace, lookup.hit)
        elif lookup.flight is not None and may_be_known:
            pieces = self._together.answer(trace, lookup.flight, make)
        else:
            pieces = make()
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    async def _consider(self, trace: Trace, models: tuple[Model, ...]) -> Considered:
        assert trace.route  # noqa: S101 - `answer` has set it, for mypy
        route, request = trace.route, trace.request
        classifier, catalog = self._classifier, self._catalog
        trace.workload = workload = await described(request, route, models, classifier, catalog)
        candidates = catalog.candidates(request.model, models, workload)
        decision = route.router.select(workload, candidates)
        return Considered(workload=workload, route=route, models=models, decision=decision)

    async def _made(
        self, trace: Trace, models: tuple[Model, ...], considered: Considered | None
    ) -> AsyncGenerator[bytes, None]:
        """Answer what was not asked before in the same words."""
        assert trace.lookup and trace.route  # noqa: S101, PT018 - `answer` has set them, for mypy
        considered = considered or await self._consider(trace, models)
        trace.workload = workload = considered.workload
        decision = considered.decision
        trace.lookup = lookup = await self._cache.nearest(trace.lookup, workload, decision.cache)
        if lookup.hit is not None:
            pieces = self._given_again(trace, lookup.hit)
        else:
            trace.decision = explained(decision, workload, trace.route.signals)
            trace.routed = perf_counter()
            pieces = self._holding.answer(trace, workload, trace.decision)
        most = lookup.max_bytes if lookup.saves else 0
        kept = Collected(max(most, self._grading.most_bytes(trace)))
        async with aclosing(pieces):
            async for piece in pieces:
                kept.add(piece)
                yield piece
        whole = kept.within(most) if lookup.saves else None
        if whole is not None and trace.answered is not None and not trace.is_doubtful:
            self._cache.save(lookup, whole, trace.answered)
        if lookup.hit is None:
            self._grading.note(trace, workload, kept.within(self._grading.most_bytes(trace)))

    async def _given_again(self, trace: Trace, hit: Hit) -> AsyncGenerator[bytes, None]:
        """Give a known answer, and record what that has saved."""
        trace.workload = hit.workload
        outcome = trace.outcome(
            hit.workload,
            model=hit.model,
            finish="complete",
            cost_usd=0.0,
            saved_usd=hit.saved_usd,
        )
        self._recorder.record(outcome)
        for piece in hit.pieces:
            yield piece
