"""What is learnt about hits: who labels them, what follows, and what an operator should look at."""

from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import msgspec

from wrp_proxy.cache.base import Near, Store
from wrp_proxy.cache.bounds.entry_bounds import EntryBounds
from wrp_proxy.cache.bounds.exploration import Exploration
from wrp_proxy.cache.bounds.label import Label
from wrp_proxy.cache.bounds.served_bounds import Bound, ServedBounds
from wrp_proxy.cache.inquiry import Inquiry
from wrp_proxy.cache.judge.comparison import Comparison, Texts
from wrp_proxy.cache.payload import decode
from wrp_proxy.cache.policy import Policy
from wrp_proxy.cache.stores.records import UNREADABLE

_REMEMBERED_HITS = 1000
_NOTHING = EntryBounds().encode(b"")
"""What is known of an entry that nothing is known of."""
Key = tuple[str, str]
"""Route and category."""
MakeTexts = Callable[[], Awaitable[Texts | None]]


class Judging(Protocol):
    """Draws comparisons and asks a model about them, behind the request's back."""

    def consider(self, comparison: Comparison) -> None: ...

    def counts(self) -> Mapping[str, float]: ...


class NoJudge:
    """Where no model is configured to judge."""

    def consider(self, comparison: Comparison) -> None:
        return

    def counts(self) -> Mapping[str, float]:
        return {}

    async def run(self) -> None:
        return


@dataclass(slots=True, kw_only=True)
class ServedHit:
    """One semantic hit, remembered for `audit`; never on the disk."""

    request_id: str
    tenant: str
    at: float
    """Unix seconds."""
    entry_id: bytes
    asked: str
    known: str
    similarity: float
    route: str
    category: str
    right: bool | None = None
    """What a label said of it."""


class Labels:
    """Feeds labels to all bounds, tells other replicas, and reads the bounds for the search.

    Kept as notes of the store: `e` and an entry's id for its own bounds, `c` or `p`, the replica
    and the key for what audits of a category or a partition have counted.
    """

    def __init__(
        self,
        *,
        store: Store,
        judge: Judging,
        policy_of: Callable[[str, str], Policy],
        exploration: Mapping[float, Exploration],
        replica: str,
        clock: Callable[[], float],
    ) -> None:
        """`policy_of` a route and a category; `exploration` by the error that a policy allows."""
        self._store = store
        self._judge = judge
        self._policy_of = policy_of
        self._exploration = exploration
        self._replica = replica
        self._clock = clock
        self._entries = EntryBounds()
        self._categories: ServedBounds[Key] = ServedBounds(replica=replica)
        self._partitions: ServedBounds[bytes] = ServedBounds(replica=replica)
        self._served: deque[ServedHit] = deque(maxlen=_REMEMBERED_HITS)
        self._keys: dict[Key, None] = {}
        store.listen(self._hear)

    def threshold(self, entry_id: bytes, base: float, raised: float) -> float:
        return self._entries.threshold(entry_id, base, raised)

    def raised(self, key: Key, partition: bytes) -> float:
        return max(self._categories.raised(key), self._partitions.raised(partition))

    def explores(self, policy: Policy, near: Near) -> bool:
        """Tell whether to ask the model although an entry would answer."""
        if policy.explore is None:
            return False
        return self._exploration[policy.explore].explore(near.entry.id, near.similarity)

    def bound(self, inquiry: Inquiry) -> float:
        """Return the upper limit of the share of wrong hits in the inquiry's category."""
        return self._categories.bound((inquiry.route, inquiry.category)).upper

    def bounds(self) -> Mapping[Key, Bound]:
        return {key: self._categories.bound(key) for key in self._keys}

    def served(self, inquiry: Inquiry, near: Near, body: bytes) -> None:
        """Take note of a semantic hit, and let the judge look at some."""
        self._keys.setdefault((inquiry.route, inquiry.category))
        self._served.append(
            ServedHit(
                request_id=inquiry.request.id,
                tenant=inquiry.request.tenant,
                at=self._clock(),
                entry_id=near.entry.id,
                asked=inquiry.question,
                known=near.entry.question,
                similarity=near.similarity,
                route=inquiry.route,
                category=inquiry.category,
            )
        )
        texts = partial(_texts_of_hit, inquiry.question, near.entry.question, body)
        self._judge.consider(self._comparison(inquiry, near, texts, is_hit=True))

    def missed(self, inquiry: Inquiry, body: bytes) -> None:
        """Let the judge look at some of the misses that only similarity kept from an entry."""
        found = inquiry.found
        if found is None or found.near is None or not found.is_open:
            return
        texts = partial(self._texts_of_miss, inquiry.question, found.near, body)
        self._judge.consider(self._comparison(inquiry, found.near, texts, is_hit=False))

    def renewed(self, entry_id: bytes) -> None:
        """Forget what was learnt of an answer that another one takes the place of."""
        if self._entries.encode(entry_id) == _NOTHING:
            return
        self._entries.forget(entry_id)
        for exploration in self._exploration.values():
            exploration.forget(entry_id)
        self._store.note(b"e" + entry_id, _NOTHING)

    def learn(self, label: Label) -> None:
        """Let all bounds learn from a label, and the other replicas know."""
        policy = self._policy_of(*label.key)
        self._entries.learn(label)
        for exploration in self._exploration.values():
            exploration.learn(label)
        limits = {"budget": policy.error_budget, "base": policy.threshold}
        self._keys.setdefault(label.key)
        self._categories.learn(label.key, label, **limits)
        self._partitions.learn(label.partition, label, **limits)
        self._tell(label)
        for hit in self._served:
            if (hit.entry_id, hit.similarity) == (label.entry_id, label.similarity):
                hit.right = label.right

    def suspects(self, limit: int) -> list[dict[str, Any]]:
        """List hits that may be wrong: those labelled so first, then the least similar."""
        doubtful = [hit for hit in self._served if hit.right is not True]
        doubtful.sort(key=lambda hit: (hit.right is not False, hit.similarity))
        return [_told(hit) for hit in doubtful[:limit]]

    def counts(self) -> Mapping[str, float]:
        return self._judge.counts()

    def _comparison(
        self, inquiry: Inquiry, near: Near, texts: MakeTexts, *, is_hit: bool
    ) -> Comparison:
        return Comparison(
            entry_id=near.entry.id,
            similarity=near.similarity,
            key=(inquiry.route, inquiry.category),
            partition=near.entry.partition,
            is_hit=is_hit,
            texts=texts,
        )

    async def _texts_of_miss(self, asked: str, near: Near, body: bytes) -> Texts | None:
        raw = await self._store.payload(near.entry)
        payload = decode(raw) if raw is not None else None
        if payload is None:
            return None
        return Texts(
            known_question=near.entry.question,
            known_answer=_words(payload.body),
            question=asked,
            answer=_words(body),
        )

    def _tell(self, label: Label) -> None:
        self._store.note(b"e" + label.entry_id, self._entries.encode(label.entry_id))
        if label.is_audit:
            key = msgspec.msgpack.encode((self._replica, label.key))
            self._store.note(b"c" + key, self._categories.encode(label.key))
            key = msgspec.msgpack.encode((self._replica, label.partition))
            self._store.note(b"p" + key, self._partitions.encode(label.partition))

    def _hear(self, key: bytes, value: bytes) -> None:
        kind, rest = key[:1], key[1:]
        try:
            if kind == b"e":
                self._entries.merge(rest, value)
            elif kind == b"c":
                replica, of = _CATEGORY.decode(rest)
                self._keys.setdefault(of)
                self._categories.merge(replica, of, value)
            elif kind == b"p":
                name, partition = _PARTITION.decode(rest)
                self._partitions.merge(name, partition, value)
        except UNREADABLE:
            return  # of a later version, or none of ours


_CATEGORY = msgspec.msgpack.Decoder(tuple[str, Key])
_PARTITION = msgspec.msgpack.Decoder(tuple[str, bytes])


async def _texts_of_hit(asked: str, known: str, body: bytes) -> Texts:
    return Texts(known_question=known, known_answer=_words(body), question=asked)


def _words(body: bytes) -> str:
    """Return what an answer says, without the envelope where that is known."""
    try:
        said = msgspec.json.decode(body)
        content = said["choices"][0]["message"]["content"]
    except (msgspec.DecodeError, KeyError, IndexError, TypeError):
        return body.decode(errors="replace")
    return content if isinstance(content, str) else str(content)


def _told(hit: ServedHit) -> dict[str, Any]:
    said = {name: getattr(hit, name) for name in ServedHit.__slots__}
    return said | {"entry_id": hit.entry_id.hex()}
