"""What an operator may see and do: list, inspect, delete, flush, export, import."""

import asyncio
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from hashlib import blake2b
from heapq import nlargest
from typing import Any

import msgspec

from wrp_proxy.cache.base import Embedder, Entry, Store, Vector
from wrp_proxy.cache.payload import decode

_FORMAT = "wrp-cache-1"
_PATIENCE_S = 60.0
_AT_ONCE = 1000
"""Entries that are looked at without a pause: a millisecond or so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFilter:
    """Which entries are meant; what is None is not asked for."""

    tenant: str | None = None
    request_id: str | None = None
    namespace: str | None = None
    scope: str | None = None
    route: str | None = None
    model: str | None = None
    category: str | None = None
    older_than_s: float | None = None

    @property
    def is_empty(self) -> bool:
        return all(getattr(self, name) is None for name in self.__slots__)

    def matching(self, now: float) -> Callable[[Entry], bool]:
        """Return what tells whether an entry is meant."""
        named = [(name, said) for name in _NAMED if (said := getattr(self, name)) is not None]
        youngest = None if self.older_than_s is None else now - self.older_than_s

        def matches(entry: Entry) -> bool:
            if youngest is not None and entry.created_at >= youngest:
                return False
            return all(getattr(entry, name) == said for name, said in named)

        return matches


_NAMED = ("tenant", "request_id", "namespace", "scope", "route", "model", "category")


class _Exported(msgspec.Struct, kw_only=True):
    entry: dict[str, Any]
    payload: str


class Overseer:
    """Called by the admin paths only; nothing here is on a request's way."""

    def __init__(
        self, *, store: Store, embedder: Embedder, clock: Callable[[], float], secret: bytes
    ) -> None:
        self._store = store
        self._embedder = embedder
        self._clock = clock
        self._seal = blake2b(b"export", digest_size=16, key=secret).hexdigest()

    async def entries(self, wanted: EntryFilter, limit: int) -> list[Entry]:
        """List matching entries, the newest first."""
        found = await self._matching(wanted)
        return nlargest(limit, found, key=lambda entry: entry.created_at)

    async def answer(self, entry: Entry) -> Any:
        """Return the answer of an entry; None where it is gone."""
        raw = await self._store.payload(entry)
        payload = decode(raw) if raw is not None else None
        if payload is None:
            return None
        try:
            return msgspec.json.decode(payload.body)
        except msgspec.DecodeError:
            return payload.body.decode(errors="replace")

    def find(self, entry_id: str, tenant: str | None) -> Entry | None:
        """Find an entry by its id in hex; None where another tenant asked first."""
        try:
            entry = self._store.find(bytes.fromhex(entry_id))
        except ValueError:
            return None
        return entry if entry is not None and tenant in {None, entry.tenant} else None

    async def delete(self, wanted: EntryFilter) -> int:
        return await self._store.delete([entry.id for entry in await self._matching(wanted)])

    async def delete_one(self, entry: Entry) -> int:
        return await self._store.delete([entry.id])

    @property
    def is_pending(self) -> bool:
        """The store cannot be reached: others will hear of what was deleted once it can."""
        return self._store.status().state == "unreachable"

    async def flush(self, scope: str | None) -> int:
        return await self._store.flush(scope)

    async def export(self) -> AsyncIterator[bytes]:
        """Yield all there is as lines of JSON; only a proxy with the same secret can read it."""
        yield _line({"format": _FORMAT, "seal": self._seal})
        for entry in await self._matching(EntryFilter()):
            payload = await self._store.payload(entry)
            if payload is not None:
                yield _line({"entry": told(entry), "payload": b64encode(payload).decode()})

    async def take_in(self, lines: Iterable[bytes]) -> tuple[int, int]:
        """Import what `export` wrote; return how many were taken, and how many could not be.

        Raise ValueError where it was written by a proxy with another secret. What is expired is
        left; vectors are made anew in the background.
        """
        rows = iter(lines)
        head = next(rows, b"")
        if not _is_head(head, self._seal):
            raise ValueError("it was not written by a proxy with the same cache.secret")
        taken = refused = 0
        for row in rows:
            if row.strip():
                is_taken = await self._take(row)
                await asyncio.sleep(0)
                taken, refused = taken + is_taken, refused + (not is_taken)
        return taken, refused

    async def _take(self, row: bytes) -> bool:
        try:
            read = msgspec.json.decode(row, type=_Exported)
            ids = {name: bytes.fromhex(read.entry[name]) for name in _BYTES}
            entry = msgspec.convert(read.entry | ids, Entry)
            payload = b64decode(read.payload, validate=True)
        except (msgspec.DecodeError, ValueError, KeyError, TypeError):
            return False
        if entry.expires_at <= self._clock() or decode(payload) is None:
            return False
        entry = msgspec.structs.replace(
            entry, epoch=self._store.epoch(entry.scope), size=len(payload)
        )
        vector = await self._vector(entry)
        if vector is None and entry.question:
            entry = msgspec.structs.replace(entry, question="", fingerprint="")
        return self._store.add(entry, payload, vector)

    async def _vector(self, entry: Entry) -> Vector | None:
        if not entry.question or entry.fingerprint != self._embedder.fingerprint:
            return None
        return await self._embedder.embed(entry.question, lambda vector: vector, _PATIENCE_S)

    async def _matching(self, wanted: EntryFilter) -> list[Entry]:
        """Walk over all entries, and let others have the event loop in between."""
        matches = wanted.matching(self._clock())
        found: list[Entry] = []
        for place, entry in enumerate(self._store.entries()):
            if matches(entry):
                found.append(entry)
            if place % _AT_ONCE == 0:
                await asyncio.sleep(0)
        return found


_BYTES = ("id", "partition", "canonical")


def told(entry: Entry) -> dict[str, Any]:
    """Tell an entry in JSON's words, its names in hex."""
    said = msgspec.structs.asdict(entry)
    return said | {name: said[name].hex() for name in _BYTES}


def _is_head(line: bytes, seal: str) -> bool:
    try:
        head = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return False
    return bool(head == {"format": _FORMAT, "seal": seal})


def _line(said: Any) -> bytes:
    return msgspec.json.encode(said) + b"\n"
