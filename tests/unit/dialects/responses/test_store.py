"""Responses are kept for their own tenant, for a while, within bounds."""

import msgspec

from tests.unit.clock import Clock
from wrp_proxy.dialects.responses.store import ResponseStore, StoredResponse

STORED = StoredResponse(response=b"{}", items=(msgspec.Raw(b"{}"),), provider="one/model")


def store_of(max_bytes: int = 10_000, clock: Clock | None = None) -> ResponseStore:
    return ResponseStore(max_bytes=max_bytes, ttl_s=60.0, clock=clock or Clock())


def sized(size: int) -> StoredResponse:
    return StoredResponse(response=b"x" * size)


def test_what_was_put_is_there() -> None:
    store = store_of()
    store.put("a", "resp_1", STORED)

    assert store.get("a", "resp_1") == STORED


def test_nobody_sees_or_deletes_another_tenants() -> None:
    store = store_of()
    store.put("a", "resp_1", STORED)

    assert store.get("b", "resp_1") is None
    assert not store.delete("b", "resp_1")
    assert store.get("a", "resp_1") == STORED


def test_what_was_deleted_is_gone() -> None:
    store = store_of()
    store.put("a", "resp_1", STORED)

    assert store.delete("a", "resp_1")
    assert store.get("a", "resp_1") is None
    assert not store.delete("a", "resp_1")


def test_what_is_too_old_is_gone() -> None:
    clock = Clock()
    store = store_of(clock=clock)
    store.put("a", "resp_1", STORED)
    store.put("a", "resp_2", STORED)
    clock.now += 60.0

    assert store.get("a", "resp_1") is None
    assert not store.delete("a", "resp_2")


def test_the_least_recently_used_makes_room() -> None:
    store = store_of(10_000)
    store.put("a", "old", sized(4_000))
    store.put("a", "used", sized(4_000))
    store.get("a", "old")

    store.put("a", "new", sized(4_000))

    assert store.get("a", "used") is None
    assert store.get("a", "old") is not None
    assert store.get("a", "new") is not None


def test_what_is_larger_than_the_store_is_not_kept_and_drives_nothing_out() -> None:
    store = store_of(10_000)
    store.put("a", "small", sized(100))

    store.put("a", "large", sized(10_000))

    assert store.get("a", "large") is None
    assert store.get("a", "small") is not None


def test_putting_again_replaces_and_counts_once() -> None:
    store = store_of(10_000)
    for _ in range(9):
        store.put("a", "same", sized(4_000))

    store.put("a", "other", sized(4_000))

    assert store.get("a", "same") is not None
    assert store.get("a", "other") is not None
