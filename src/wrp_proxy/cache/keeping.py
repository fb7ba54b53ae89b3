"""Keeps complete answers: reads them, refuses what must not come again, and stores the rest."""

import asyncio
from collections.abc import Callable, Coroutine, Sequence

from wrp_proxy.cache.admission import PASSING_TTL_S, is_passing, needs_its_words
from wrp_proxy.cache.answers.base import Kept, Refused
from wrp_proxy.cache.answers.registry import FORMS
from wrp_proxy.cache.base import Entry, Store
from wrp_proxy.cache.inquiry import Inquiry
from wrp_proxy.cache.labels import Labels
from wrp_proxy.cache.late_vectors import LateVectors
from wrp_proxy.cache.payload import Payload, encode
from wrp_proxy.cache.tally import Tally
from wrp_proxy.types import Outcome

_LARGE_BYTES = 64 * 1024
"""Longer answers are read in a thread; shorter ones at once, for the next request may be near."""


class Keeping:
    """Called when an answer is complete; what takes time is done behind the request's back."""

    def __init__(
        self,
        *,
        store: Store,
        late_vectors: LateVectors,
        labels: Labels,
        tally: Tally,
        clock: Callable[[], float],
        load: Callable[[str], float],
    ) -> None:
        """`clock` gives Unix seconds; `load` is that of a route's models, 0 to 1."""
        self._store = store
        self._late_vectors = late_vectors
        self._labels = labels
        self._tally = tally
        self._clock = clock
        self._load = load
        self._tasks: set[asyncio.Task[None]] = set()

    def keep(self, inquiry: Inquiry, pieces: Sequence[bytes], outcome: Outcome) -> None:
        if sum(map(len, pieces)) > _LARGE_BYTES:
            self._spawn(self._keep_large(inquiry, pieces, outcome))
        else:
            self._put(inquiry, _read(inquiry, pieces, outcome), outcome)

    async def close(self) -> None:
        """Break off what is still under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep_large(
        self, inquiry: Inquiry, pieces: Sequence[bytes], outcome: Outcome
    ) -> None:
        read = await asyncio.to_thread(_read, inquiry, pieces, outcome)
        self._put(inquiry, read, outcome)

    def _put(self, inquiry: Inquiry, read: Kept | Refused, outcome: Outcome) -> None:
        if isinstance(read, Refused):
            self._tally.reasons[f"answer: {read.reason}"] += 1
            return
        payload = encode(
            Payload(
                body=read.body,
                model=outcome.model,
                workload=outcome.workload,
                usage=outcome.usage,
            )
        )
        entry = self._entry(inquiry, outcome, len(payload))
        self._labels.renewed(entry.id)
        vector = inquiry.found.vector if inquiry.found and entry.question else None
        if not self._store.add(entry, payload, vector):
            self._tally.reasons["write quota"] += 1
            return
        if entry.question and vector is None:
            self._late_vectors.want(entry, payload)
        self._labels.missed(inquiry, read.body)

    def _entry(self, inquiry: Inquiry, outcome: Outcome, size: int) -> Entry:
        keyed, policy, request = inquiry.keyed, inquiry.policy, inquiry.request
        names = inquiry.names.get(inquiry.scope)
        has_other_words = names is not None and not needs_its_words(keyed.question, policy)
        now = self._clock()
        return Entry(
            id=inquiry.entry_id,
            partition=names.partition if names and has_other_words else b"",
            canonical=names.canonical if names and policy.is_semantic else b"",
            scope=inquiry.scope,
            tenant=request.tenant,
            request_id=request.id,
            namespace=request.cache.namespace,
            api=request.api,
            route=inquiry.route,
            model=outcome.model,
            category=inquiry.category,
            question=inquiry.question if has_other_words else "",
            created_at=now,
            expires_at=now + self._ttl_s(inquiry),
            epoch=inquiry.epoch,
            size=size,
            cost_usd=outcome.cost_usd,
            fingerprint=inquiry.fingerprint if has_other_words else "",
        )

    def _ttl_s(self, inquiry: Inquiry) -> float:
        """Return the policy's TTL, or less: as the caller wishes, or where an answer will pass."""
        policy = inquiry.policy
        load = self._load(inquiry.route) if policy.load_stretch > 1 else 0.0
        wished = inquiry.request.cache.ttl_s
        ttl_s = policy.ttl_at(load)
        ttl_s = ttl_s if wished is None else min(ttl_s, wished)
        return min(ttl_s, PASSING_TTL_S) if is_passing(inquiry.request.body) else ttl_s

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _read(inquiry: Inquiry, pieces: Sequence[bytes], outcome: Outcome) -> Kept | Refused:
    request = inquiry.request
    choices = request.body.get("n") or 1
    form = FORMS[request.api]
    return form.keep(pieces, stream=request.stream, choices=choices, usage=outcome.usage)
