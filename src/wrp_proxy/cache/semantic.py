"""The cache: the same request, the same text in other dress, the same question in other words."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial

import msgspec
import structlog

from wrp_proxy.cache.admission import deep_refusal, needs_its_words, refusal
from wrp_proxy.cache.answers.registry import FORMS
from wrp_proxy.cache.base import Embedder, Entry, Hit, Lookup, Near, Store
from wrp_proxy.cache.inquiry import Inquiry
from wrp_proxy.cache.keeping import Keeping
from wrp_proxy.cache.keys import KeyedRequest
from wrp_proxy.cache.labels import Labels
from wrp_proxy.cache.payload import decode
from wrp_proxy.cache.policy import UNASKED, RoutePolicy, as_careful
from wrp_proxy.cache.scopes import Scopes
from wrp_proxy.cache.search import Search
from wrp_proxy.cache.tally import Tally
from wrp_proxy.errors import NotCachedError
from wrp_proxy.types import CacheStatus, ChatRequest, Outcome, Workload

_BYPASS = Lookup(status="bypass")


class SemanticCache:
    """Implements `Cache`; nothing here waits but for the store and the embedder, within bounds."""

    def __init__(  # noqa: PLR0913 - keywords only: the cache's parts
        self,
        *,
        policies: Mapping[str, RoutePolicy],
        scopes: Scopes,
        store: Store,
        embedder: Embedder,
        search: Search,
        keeping: Keeping,
        labels: Labels,
        tally: Tally,
        clock: Callable[[], float],
        lookup_budget_s: float,
        max_request_bytes: int,
        max_answer_bytes: int,
        default: RoutePolicy = UNASKED,
    ) -> None:
        """`policies` are by route; `default` is for all others and for models asked for by name.
        `clock` gives Unix seconds; `lookup_budget_s` is how long a question may wait in line.
        """
        self._policies = policies
        self._default = default
        self._scopes = scopes
        self._store = store
        self._embedder = embedder
        self._search = search
        self._keeping = keeping
        self._labels = labels
        self._tally = tally
        self._clock = clock
        self._lookup_budget_s = lookup_budget_s
        self._max_request_bytes = max_request_bytes
        self._max_answer_bytes = max_answer_bytes
        self._log = structlog.get_logger("wrp_proxy.cache")

    async def lookup(self, request: ChatRequest, route: str) -> Lookup:
        policies = self._policies.get(route, self._default)
        why = refusal(request, policies.default, self._max_request_bytes)
        if why is not None:
            return self._bypass(request, route, why)
        try:
            inquiry = self._inquire(request, route, policies)
            return await self._look_up(inquiry)
        except NotCachedError:
            raise
        except Exception:  # noqa: BLE001 - border: a cache that fails is a miss
            self._log.exception("lookup failed", request_id=request.id)
            return self._bypass(request, route, "failed")

    async def nearest(
        self, lookup: Lookup, workload: Workload, preset: str | None = None
    ) -> Lookup:
        inquiry = lookup.own
        if not isinstance(inquiry, Inquiry):
            return lookup
        inquiry.workload = workload
        inquiry.policy = as_careful(inquiry.policies.of(workload.category), preset)
        if not inquiry.policy.is_on:
            why = "off by a rule" if preset == "off" else "off for this category"
            return self._bypass(inquiry.request, inquiry.route, why)
        try:
            lookup = await self._look_around(inquiry, lookup)
        except Exception:  # noqa: BLE001 - border: a cache that fails is a miss
            self._log.exception("search failed", request_id=inquiry.request.id)
        if lookup.hit is None and inquiry.request.cache.only_cached:
            raise _not_cached()
        if lookup.hit is None:
            self._count(inquiry, "miss")
        return lookup

    def save(self, lookup: Lookup, pieces: Sequence[bytes], outcome: Outcome) -> None:
        if not isinstance(lookup.own, Inquiry):
            return
        try:
            self._keeping.keep(lookup.own, pieces, outcome)
        except Exception:  # noqa: BLE001 - border: an answer that was given is not to fail now
            self._log.exception("answer not kept", request_id=lookup.own.request.id)

    def _inquire(self, request: ChatRequest, route: str, policies: RoutePolicy) -> Inquiry:
        policy = policies.default
        keyed = KeyedRequest(request)
        scope = self._scopes.written(request, policy)
        return Inquiry(
            request=request,
            route=route,
            policies=policies,
            policy=policy,
            keyed=keyed,
            scopes=self._scopes.readable(request, policy),
            scope=scope,
            epoch=self._store.epoch(scope),
            entry_id=keyed.entry_id(self._scopes.secret, scope),
        )

    async def _look_up(self, inquiry: Inquiry) -> Lookup:
        """Look for the same request, then for the same text in other dress."""
        hit = await self._same_request(inquiry) or await self._same_text(inquiry)
        if hit is not None:
            return hit
        if why := deep_refusal(inquiry.request.body) or _own_refusal(inquiry.request):
            return self._bypass(inquiry.request, inquiry.route, why)
        wishes = inquiry.request.cache
        may_share = wishes.reads and wishes.writes and inquiry.request.timeout_s is None
        return Lookup(
            status="miss",
            saves=wishes.writes,
            max_bytes=self._max_answer_bytes,
            flight=_flight(inquiry) if may_share else None,
            entry_id=inquiry.entry_id.hex(),
            own=inquiry,
        )

    async def _same_request(self, inquiry: Inquiry) -> Lookup | None:
        if not inquiry.request.cache.reads:
            return None
        for scope in inquiry.scopes:
            entry_id = inquiry.entry_id
            if scope != inquiry.scope:
                entry_id = inquiry.keyed.entry_id(self._scopes.secret, scope)
            if hit := await self._hit(inquiry, self._store.find(entry_id), "exact"):
                return hit
        return None

    async def _same_text(self, inquiry: Inquiry) -> Lookup | None:
        """Name the request in all scopes, and look for its folded text."""
        if not inquiry.policies.is_semantic:
            return None
        inquiry.fingerprint = self._embedder.fingerprint
        for scope in {inquiry.scope, *inquiry.scopes}:
            inquiry.names[scope] = inquiry.keyed.names(
                self._scopes.secret, scope, inquiry.fingerprint
            )
        if not (inquiry.request.cache.reads and inquiry.policy.is_semantic):
            return None
        for scope in inquiry.scopes:
            canonical = inquiry.names[scope].canonical
            entry = self._store.find_canonical(canonical) if canonical else None
            if hit := await self._hit(inquiry, entry, "canonical"):
                return hit
        return None

    async def _look_around(self, inquiry: Inquiry, lookup: Lookup) -> Lookup:
        """Look for the same question in other words."""
        if why := needs_its_words(inquiry.keyed.question, inquiry.policy):
            return replace(lookup, notes={"not-semantic": why})
        inquiry.found = found = await self._embedder.embed(
            inquiry.question, partial(self._search.find, inquiry), self._lookup_budget_s
        )
        if found is None:
            return replace(lookup, notes={"not-semantic": "skipped"})
        if found.near is None:
            return lookup
        if found.answers and inquiry.request.cache.reads:
            hit = await self._hit(inquiry, found.near.entry, "semantic", found.near)
            if hit is not None:
                return hit
        return replace(lookup, notes=_notes(found.near, found.refusal))

    async def _hit(
        self, inquiry: Inquiry, entry: Entry | None, tier: CacheStatus, near: Near | None = None
    ) -> Lookup | None:
        """Give an entry's answer again, if it is young enough and still there."""
        if entry is None or entry.scope not in inquiry.scopes:
            return None
        age_s = max(self._clock() - entry.created_at, 0.0)
        oldest_s = inquiry.request.cache.max_age_s
        if oldest_s is not None and age_s > oldest_s:
            return None
        raw = await self._store.payload(entry)
        payload = decode(raw) if raw is not None else None
        if payload is None:
            return None
        request = inquiry.request
        hit = Hit(
            pieces=FORMS[request.api].replay(
                payload.body, stream=request.stream, wants_usage=request.wants_usage
            ),
            model=payload.model,
            age_s=age_s,
            workload=inquiry.workload or payload.workload,
            usage=payload.usage,
            saved_usd=entry.cost_usd,
            similarity=near.similarity if near else None,
        )
        inquiry.workload = hit.workload
        self._count(inquiry, tier)
        self._tally.saved_usd += entry.cost_usd or 0.0
        bound = None
        if near is not None:
            bound = self._labels.bound(inquiry)
            self._labels.served(inquiry, near, payload.body)
        return Lookup(
            status=tier,
            hit=hit,
            entry_id=entry.id.hex(),
            notes=_notes(near) if near else {},
            bound=bound,
            own=inquiry,
        )

    def _bypass(self, request: ChatRequest, route: str, why: str) -> Lookup:
        if request.cache.only_cached:
            raise _not_cached()
        self._tally.answers[route, "unknown", "bypass"] += 1
        self._tally.reasons[why] += 1
        return replace(_BYPASS, notes={"bypass": why}) if request.debug else _BYPASS

    def _count(self, inquiry: Inquiry, status: CacheStatus) -> None:
        names = inquiry.names.get(inquiry.scope)
        partition = names.partition if names else b""
        self._tally.count(inquiry.route, inquiry.category, status, partition)


def _own_refusal(request: ChatRequest) -> str | None:
    """Look at Anthropic's own blocks: documents are told as plain text in chat's words."""
    return deep_refusal(request.own) if request.api == "messages" else None


def _flight(inquiry: Inquiry) -> bytes:
    """Name what may be answered together: the same request with the same wishes."""
    request = inquiry.request
    form = bytes((request.stream, request.wants_usage))
    return inquiry.entry_id + form + msgspec.msgpack.encode(request.cache)


def _notes(near: Near, refused: str | None = None) -> dict[str, str]:
    notes = {"similarity": f"{near.similarity:.4f}"}
    return notes | ({"refused": refused, "near": near.entry.id.hex()} if refused else {})


def _not_cached() -> NotCachedError:
    return NotCachedError(
        "There is no answer in the cache, and Cache-Control: only-if-cached forbids to ask a model."
    )
