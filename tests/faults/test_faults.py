"""Each fault, on each way through the proxy."""

import httpx
import pytest

from tests.faults.laboratory import Laboratory
from tests.faults.table import CASES, Case
from tests.faults.ways import Door
from tests.faults.words import KEY

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
_BEGUN = [case for case in CASES if case.fault.has_begun]
_NOT_BEGUN = [case for case in CASES if not case.fault.has_begun]


@pytest.mark.parametrize("case", _NOT_BEGUN, ids=lambda case: case.name)
def test_the_client_gets_an_error_with_its_status(lab: Laboratory, case: Case) -> None:
    reply = lab.alone(case).reply

    assert reply.status_code == case.expected.status
    assert reply.headers["content-type"] == "application/json"
    _check_error(case, reply)
    assert reply.headers["x-wrp-attempts"] == "1"
    assert reply.headers.items() >= case.fault.headers.items()


@pytest.mark.parametrize("case", _BEGUN, ids=lambda case: case.name)
def test_the_stream_ends_with_an_error_after_what_came(lab: Laboratory, case: Case) -> None:
    reply = lab.alone(case).reply

    assert reply.status_code == 200
    assert case.door.text(reply) == "one "
    assert not case.door.is_complete(reply)
    _check_error(case, reply)


@every_case
def test_the_client_learns_no_secret(lab: Laboratory, case: Case) -> None:
    reply = lab.alone(case).reply

    told = f"{reply.headers} {reply.text}"
    assert KEY not in told
    assert [url for url in lab.places.values() if _authority(url) in told] == []
    assert "elsewhere" not in told
    assert "<" not in reply.text
    assert "Traceback" not in reply.text
    assert len(reply.content) < 100_000
    assert "location" not in reply.headers


@every_case
def test_the_upstream_is_asked_once_and_with_its_own_key(lab: Laboratory, case: Case) -> None:
    received = lab.alone(case).received

    is_reached = case.fault.place == "here"
    assert len(received) <= is_reached
    if not case.fault.asks:  # a deadline may be over before the call goes out
        assert len(received) == is_reached
    for one in received:
        keys = {one.headers.get("authorization"), one.headers.get("x-api-key")}
        assert keys in ({f"Bearer {KEY}", None}, {None, KEY})
        assert "client-secret" not in str(one.headers)
        assert "203.0.113.7" not in str(one.headers)
        assert "elsewhere" not in one.path
    assert not any(one.path == "/elsewhere" for one in lab.upstream.received)


@every_case
def test_the_fault_is_on_record(lab: Laboratory, case: Case) -> None:
    (row,) = lab.rows(case)

    model = f"{case.door.upstream_api}-{case.fault.place}"
    assert (row["finish"], row["attempt"], row["model"]) == ("failed", 1, model)
    assert row["error"] == (case.expected.code or case.expected.type)
    assert row["stream"] == case.door.stream
    if case.fault.has_begun:
        assert row["completion_tokens"] >= 1
        assert row["cost_usd"] > 0
        assert row["first_content_s"] is not None
    else:
        assert row["first_content_s"] is None
        # Messages begin with a count of the prompt; of all others nothing is known yet.
        assert row["cost_usd"] is None or case.door.upstream_api == "messages"


@every_case
def test_the_next_request_is_answered(lab: Laboratory, case: Case) -> None:
    lab.alone(case)

    reply = lab.ask(lab.proxy(case), case.door, f"{case.door.upstream_api}-here", "Hello")

    assert reply.status_code == 200
    _check_whole(case.door, reply, "Hello there")


@every_case
def test_another_model_makes_up_for_what_can_be_mended_and_nothing_else(
    lab: Laboratory, case: Case
) -> None:
    exchange = lab.paired(case)

    is_mended = case.fault.retryable and not case.fault.has_begun
    assert len(exchange.by_second) == is_mended
    if is_mended:
        assert exchange.reply.status_code == 200
        assert exchange.reply.headers["x-wrp-attempts"] == "2"
        _check_whole(case.door, exchange.reply, "From the second")
    else:
        _check_error(case, exchange.reply)


def _check_error(case: Case, reply: httpx.Response) -> None:
    error, expected = case.door.error(reply), case.expected
    assert isinstance(error["message"], str)
    assert error["message"]
    if case.door.api == "messages":
        assert error["type"] == expected.messages_type
    elif case.door.api == "responses" and reply.status_code == 200:
        assert error["code"] == expected.code
    else:
        assert (error["type"], error["code"]) == (expected.type, expected.code)


def _check_whole(door: Door, reply: httpx.Response, text: str) -> None:
    assert door.text(reply) == text
    assert not door.stream or door.is_complete(reply)
    assert b'"error"' not in reply.content.replace(b'"error":null', b"")


def _authority(url: str) -> str:
    return url.split("/")[2]
