"""ASKED BEFORE? The first stage of the pipeline."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, TypeAlias, TypeVar

import msgspec

from wrp_proxy.types import CacheStatus, ChatRequest, Outcome, Usage, Workload

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Vector: TypeAlias = npt.NDArray[np.float32]
else:
    Vector = object  # a proxy that looks for no other words needs no numpy
"""One embedding: one dimension, length 1, so that a dot product is the cosine."""

StoreState = Literal["ok", "starting", "unreachable"]
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """An answer that was given before."""

    pieces: Sequence[bytes]
    """In the form asked for now: one JSON body, or the events of a stream."""
    model: str
    """The model that gave it."""
    age_s: float
    workload: Workload
    """That of the request which was answered first."""
    usage: Usage | None
    saved_usd: float | None
    """What the answer cost when it was made; None: unknown."""
    similarity: float | None = None
    """Cosine of the two questions; None where their words are the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """What the cache knows of a request; handed back to `save`."""

    status: CacheStatus
    hit: Hit | None = None
    saves: bool = False
    """`save` wants the answer; without it nothing is collected."""
    max_bytes: int = 2**63
    """A longer answer is not wanted."""
    flight: bytes | None = None
    """Requests with the same name may be answered together; None: this one stands alone."""
    entry_id: str | None = None
    """The entry that answers, or that the answer becomes."""
    notes: Mapping[str, str] = field(default_factory=dict)
    """What to tell who debugs: similarity, why a near entry was refused, why none is kept."""
    bound: float | None = None
    """Of a semantic hit: the upper limit of the share of wrong ones, from audits."""
    own: object = field(default=None, repr=False)
    """What the cache itself needs to go on with."""


class Cache(Protocol):
    """Called by the pipeline: `lookup` before anything else, `nearest` once it is known what is
    asked, `save` after a complete answer.

    None of them raises, but NotCachedError for a request that takes only what is cached: a cache
    that fails is a miss. Cancelled, failed and partial answers are never handed to `save`.
    """

    async def lookup(self, request: ChatRequest, route: str) -> Lookup:
        """Say whether this was asked before in the same words, and answer it if so."""
        ...

    async def nearest(
        self, lookup: Lookup, workload: Workload, preset: str | None = None
    ) -> Lookup:
        """Say whether it was asked before in other words.

        `preset`: be at least as careful as this one, as a rule of the route says.
        """
        ...

    def save(self, lookup: Lookup, pieces: Sequence[bytes], outcome: Outcome) -> None:
        """Keep a complete answer to the request that `lookup` was made for; `outcome` is that of
        the attempt which gave it.
        """
        ...


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One answer that is kept, but for the answer itself, which is its payload."""

    id: bytes
    """16 bytes, a keyed hash of the whole request: the same request has the same entry."""
    partition: bytes
    """16 bytes: what may answer each other in other words."""
    canonical: bytes = b""
    """16 bytes of the request with its last text folded; empty: it has no such text."""
    scope: str
    """Who may see it: `key:NAME`, `team:NAME`, `public`, `anonymous:ID`."""
    tenant: str
    """Who asked first."""
    request_id: str
    """The request that was answered first."""
    namespace: str = ""
    api: str = "chat"
    route: str = ""
    model: str = ""
    category: str = "unknown"
    question: str = ""
    """The text that may be put in other words; empty: only these very words are answered."""
    created_at: float
    """Unix time in seconds."""
    expires_at: float
    epoch: int = 0
    """The scope's epoch when it was made; a flush begins another."""
    size: int = 0
    """Bytes of its payload."""
    cost_usd: float | None = None
    fingerprint: str = ""
    """The embedder of its vector; empty: it has none."""


class Near(msgspec.Struct, frozen=True, gc=False):
    """An entry of the same partition, and the cosine of its question with the one asked."""

    entry: Entry
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreStatus:
    """What a store holds and how it is."""

    state: StoreState
    detail: str
    """In words, for people; no secret is in it."""
    entries: int
    payload_bytes: int
    """Payloads held in this process."""
    partitions: int
    vectors: int
    evicted: int
    """Entries that made room for others, since the start."""
    waiting_writes: int = 0
    lost_writes: int = 0


class Store(Protocol):
    """Holds entries; called by the semantic cache only, on the event loop but for `nearest`.

    What is local is sync and takes microseconds. A store that fails is a miss: nothing raises.
    Expired entries are never returned. The same id added again takes the place of the first.
    """

    def find(self, entry_id: bytes) -> Entry | None: ...

    def find_canonical(self, canonical: bytes) -> Entry | None: ...

    def nearest(self, partition: bytes, vector: Vector, count: int) -> Sequence[Near]:
        """Return the nearest entries of a partition, nearest first; called in worker threads."""
        ...

    async def payload(self, entry: Entry) -> bytes | None:
        """Return an entry's answer and count the use; None: it is gone, or out of reach."""
        ...

    def add(self, entry: Entry, payload: bytes, vector: Vector | None) -> bool:
        """Keep an entry and make room for it; False: it exceeds what its tenant may have."""
        ...

    async def delete(self, entry_ids: Iterable[bytes]) -> int:
        """Forget entries, everywhere; return how many were known here."""
        ...

    async def flush(self, scope: str | None) -> int:
        """Begin a new epoch of a scope, None of all: what was kept before is gone, everywhere."""
        ...

    def epoch(self, scope: str) -> int: ...

    def entries(self) -> Iterator[Entry]:
        """Walk over what is held, in no order; safe while entries come and go."""
        ...

    def note(self, key: bytes, value: bytes) -> None:
        """Keep a small fact beside the entries and tell all replicas; the last one counts."""
        ...

    def listen(self, heard: Callable[[bytes, bytes], None]) -> None:
        """Have every note told that was kept earlier, or comes from another replica."""
        ...

    def status(self) -> StoreStatus: ...

    async def run(self) -> None:
        """Load what there is and keep it; runs in the background until cancelled."""
        ...

    async def close(self) -> None:
        """Write what is still to be written."""
        ...


class Embedder(Protocol):
    """Turns a text into a vector; called by the semantic cache on the event loop.

    What computes does so in threads of its own, behind a bounded queue.
    """

    @property
    def fingerprint(self) -> str:
        """Name model and version: vectors of different fingerprints are never compared."""
        ...

    @property
    def dimensions(self) -> int: ...

    async def embed(self, text: str, then: Callable[[Vector], T], wait_s: float) -> T | None:
        """Embed a text and return what `then` makes of its vector, in the same thread.

        Return None where the queue is longer than `wait_s`, the text is longer than the model's
        window, or the embedder fails; each is counted. Never raises.
        """
        ...

    def counts(self) -> Mapping[str, int]:
        """Return how often it `embedded`, and skipped as `busy`, `too_long` or `failed`."""
        ...

    async def start(self) -> None:
        """Load the model, in a thread; until then every text is skipped as `busy`."""
        ...

    async def close(self) -> None: ...


class Verifier(Protocol):
    """Looks at the words where the vectors are near; pure; called in worker threads."""

    def refuse(self, asked: str, known: str, similarity: float) -> str | None:
        """Return why the answer to `known` is none to `asked`, in a few words; None: it is."""
        ...
