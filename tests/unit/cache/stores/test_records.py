"""What is read as a record is one, or nothing."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cache.stores.nouns import answer, entry, vector
from wrp_proxy.cache.stores.records import (
    Record,
    decode,
    encode,
    pack,
    seal,
    unpack,
    unseal,
)


def test_a_record_is_read_as_it_was_written() -> None:
    record = Record(entry(1), pack(vector(1)), answer(1))

    assert decode(encode(record)) == record


def test_common_strings_are_shared() -> None:
    one, other = decode(encode(Record(entry(1)))), decode(encode(Record(entry(2))))

    assert one is not None
    assert other is not None
    assert one.entry.scope is other.entry.scope


@given(st.binary(max_size=300))
def test_junk_is_no_record(raw: bytes) -> None:
    assert decode(raw) is None


def test_a_record_without_bottom_is_none() -> None:
    assert decode(b"\x91" * 100_000) is None


@given(st.data())
def test_a_damaged_record_is_none_or_sound(data: st.DataObject) -> None:
    raw = encode(Record(entry(1), pack(vector(1))))
    at = data.draw(st.integers(0, len(raw) - 1))
    damaged = raw[:at] + data.draw(st.binary(min_size=1, max_size=9)) + raw[at + 1 :]

    record = decode(damaged)

    if record is not None:
        assert len(record.entry.id) == 16
        assert record.entry.size >= 0


@pytest.mark.parametrize(
    "said",
    [
        {"id": b"short"},
        {"partition": b"x" * 17},
        {"canonical": b"x"},
        {"size": -1},
        {"expires_at": float("nan")},
        {"expires_at": float("inf")},
        {"created_at": float("-inf")},
    ],
    ids=repr,
)
def test_what_no_proxy_writes_is_not_believed(said: dict[str, Any]) -> None:
    assert decode(encode(Record(entry(1, **said)))) is None


def test_a_later_version_may_say_more() -> None:
    raw = msgspec.msgpack.encode([{**msgspec.to_builtins(entry(1)), "news": 1}, b"", b"", b"more"])
    as_bytes = msgspec.msgpack.encode([{**msgspec.structs.asdict(entry(1)), "news": 1}, b""])

    assert decode(raw) is None, "ids are bytes, not text"
    assert decode(as_bytes) == Record(entry(1))


@given(st.binary(max_size=100))
def test_a_vector_is_of_length_1_or_none(packed: bytes) -> None:
    unpacked = unpack(packed)

    assert unpacked is None or float(unpacked @ unpacked) == pytest.approx(1, abs=1e-5)


def test_a_vector_keeps_its_direction() -> None:
    unpacked = unpack(pack(vector(1)))

    assert unpacked is not None
    assert float(unpacked @ vector(1)) == pytest.approx(1, abs=1e-4)
    assert (pack(None), unpack(b"")) == (b"", None)


@given(payload=st.binary(max_size=100), sealed=st.binary(max_size=100))
def test_an_answer_belongs_to_its_entry(payload: bytes, sealed: bytes) -> None:
    ours = seal(entry(1), payload)

    assert unseal(entry(1), ours) == payload
    assert unseal(entry(1), ours + b"x") is None
    assert unseal(entry(2), ours) is None
    assert unseal(entry(1, request_id="another"), ours) is None
    assert unseal(entry(1, created_at=1.0), ours) is None
    assert unseal(entry(1), sealed) is None
