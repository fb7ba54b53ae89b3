"""Who calls: keys are found by their hash, wherever clients put them."""

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.api.callers import ANONYMOUS, Caller, Key, KeyRing
from wrp_proxy.errors import AuthenticationError

ALICE = Key("alice", is_admin=False)
ADMIN = Key("admin", is_admin=True)
KEYS = {b"alices-key": ALICE, "cl\u00e9-\U0001f511".encode(): ADMIN}


@pytest.fixture(scope="module")
def ring() -> KeyRing:
    return KeyRing({sha256(key).digest(): owner for key, owner in KEYS.items()})


@pytest.mark.parametrize(
    "headers",
    [
        {b"authorization": b"Bearer alices-key"},
        {b"authorization": b"bearer alices-key"},
        {b"authorization": b"BEARER   alices-key "},
        {b"x-api-key": b"alices-key"},
        {b"api-key": b"alices-key"},
        {b"x-api-key": b"alices-key", b"api-key": b"other"},
        {b"authorization": b"Bearer alices-key", b"x-api-key": b"other"},
        {b"authorization": b"Basic dTpw", b"x-api-key": b"alices-key"},
    ],
)
def test_a_key_is_found_wherever_clients_put_it(ring: KeyRing, headers: dict[bytes, bytes]) -> None:
    assert ring.owner(headers) == ALICE


@pytest.mark.parametrize("key", list(KEYS))
def test_a_key_may_have_any_characters(ring: KeyRing, key: bytes) -> None:
    assert ring.owner({b"authorization": b"Bearer " + key}) == KEYS[key]


@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({}, "is missing"),
        ({b"authorization": b""}, "is missing"),
        ({b"authorization": b"Bearer"}, "is missing"),
        ({b"authorization": b"Bearer "}, "is missing"),
        ({b"x-api-key": b""}, "is missing"),
        ({b"authorization": b"alices-key"}, "is missing"),
        ({b"authorization": b"Bearer other"}, "is not known"),
        ({b"authorization": b"Bearer alices-ke"}, "is not known"),
        ({b"authorization": b"Bearer alices-key2"}, "is not known"),
        ({b"authorization": b"Bearer Alices-key"}, "is not known"),
        ({b"authorization": b"Bearer caf\xe9"}, "is not known"),
        ({b"authorization": b"Bearer \xff\x00"}, "is not known"),
        ({b"x-api-key": sha256(b"alices-key").digest()}, "is not known"),
        ({b"x-api-key": sha256(b"alices-key").hexdigest().encode()}, "is not known"),
    ],
)
def test_a_missing_key_is_told_from_a_wrong_one(
    ring: KeyRing, headers: dict[bytes, bytes], said: str
) -> None:
    with pytest.raises(AuthenticationError, match=said) as refusal:
        ring.owner(headers)

    assert (refusal.value.status, refusal.value.code) == (401, "invalid_api_key")


def test_a_refusal_does_not_repeat_the_key(ring: KeyRing) -> None:
    with pytest.raises(AuthenticationError) as refusal:
        ring.owner({b"authorization": b"Bearer my-typo"})

    assert "my-typo" not in refusal.value.message


@given(st.binary(max_size=40))
def test_no_bytes_open_the_door(ring: KeyRing, key: bytes) -> None:
    if key.strip() not in KEYS:
        with pytest.raises(AuthenticationError):
            ring.owner({b"authorization": b"Bearer " + key})


@pytest.mark.parametrize(
    "headers", [{}, {b"authorization": b"Bearer any"}, {b"x-api-key": b"\xff"}]
)
def test_without_keys_everybody_is_anonymous(headers: dict[bytes, bytes]) -> None:
    assert KeyRing({}).owner(headers) == Key(ANONYMOUS, is_admin=True)


def test_keys_are_nowhere_to_be_seen(ring: KeyRing) -> None:
    shown = repr(vars(ring)) + repr(ring)

    assert "alices-key" not in shown


def test_a_caller_does_not_show_the_key_it_came_with() -> None:
    headers = {b"authorization": b"Bearer alices-key"}

    assert "alices-key" not in repr(Caller("req_1", "alice", is_admin=False, headers=headers))
