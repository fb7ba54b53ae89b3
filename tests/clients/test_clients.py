"""Real clients, each in its own process and environment, see what they would see of a vendor."""

from typing import Any

import pytest

from tests.clients.rows import CLIENTS, Client
from tests.clients.script import SIGNATURE, THOUGHT
from tests.clients.sessions import KEY, Session


def _marks(client: Client) -> list[pytest.MarkDecorator]:
    return [] if client.environment == "dev" else [pytest.mark.clients]


_EACH = [pytest.param(client, id=client.name, marks=_marks(client)) for client in CLIENTS]
_EACH_CHECK = [
    pytest.param(client, name, id=f"{client.name}-{name}", marks=_marks(client))
    for client in CLIENTS
    for name in client.seen
]
_EACH_TRIED = [
    pytest.param(client, model, id=f"{client.name}-{model}", marks=_marks(client))
    for client in CLIENTS
    for model in client.tries
]


def _relevant(said: Any, expected: Any) -> Any:
    """Leave out what nothing is expected of."""
    if isinstance(expected, dict) and isinstance(said, dict) and "failed" not in said:
        return {name: said.get(name) for name in expected}
    return said


@pytest.mark.parametrize(("client", "check"), _EACH_CHECK)
def test_client_sees_what_it_expects(client: Client, check: str, session: Session) -> None:
    expected = client.seen[check]

    said = session.said[check]

    assert _relevant(said, expected) == expected


@pytest.mark.parametrize("client", _EACH)
def test_nothing_is_seen_that_nothing_is_expected_of(client: Client, session: Session) -> None:
    assert set(session.said) == set(client.seen)


@pytest.mark.parametrize(("client", "model"), _EACH_TRIED)
def test_client_obeys_the_advice_on_retries(client: Client, model: str, session: Session) -> None:
    assert len(session.asked(model)) == client.tries[model]


@pytest.mark.parametrize("client", _EACH)
def test_client_that_leaves_is_cancelled_upstream_and_on_record(session: Session) -> None:
    slow = session.asked("mock-slow")
    rows = [row for row in session.rows if "mock-slow" in (row["endpoint"] or "")]

    assert [one.client_left.is_set() for one in slow] == [True] * len(slow)
    assert [row["finish"] for row in rows] == ["cancelled"] * len(slow)


@pytest.mark.parametrize("client", _EACH)
def test_clients_key_stays_with_the_proxy(session: Session) -> None:
    for one in session.received:
        assert KEY not in str(one.headers)
        assert "upstream-secret" in str(one.headers)


@pytest.mark.parametrize(
    "client", [one for one in _EACH if one.id in {"anthropic", "anthropic-translated"}]
)
def test_signed_thoughts_come_back_byte_for_byte_and_to_nobody_else(
    client: Client, session: Session
) -> None:
    signed = f'{{"signature":"{SIGNATURE}","thinking":"{THOUGHT}","type":"thinking"}}'
    plain = [one.body.decode() for one in session.received if one.method == "POST"]

    returned = [body for body in plain if SIGNATURE in body]

    assert [signed in body for body in returned] == [True] * ("claude" in client.program)


@pytest.mark.parametrize("client", _EACH)
def test_answers_are_on_record_under_the_clients_name(session: Session) -> None:
    complete = [row for row in session.rows if row["finish"] == "complete"]

    assert complete
    assert {row["tenant"] for row in session.rows} == {"the-client"}
    assert all(row["prompt_tokens"] for row in complete)
