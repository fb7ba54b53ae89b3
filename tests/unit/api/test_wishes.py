"""What callers may wish of the choice, and how wishes are refused."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.api.callers import Caller
from wrp_proxy.api.requests import read_request
from wrp_proxy.dialects.chat import ChatDialect
from wrp_proxy.dialects.responses.dialect import ResponsesDialect
from wrp_proxy.errors import RequestError
from wrp_proxy.signals import NO_PREFERENCES, Preferences
from wrp_proxy.types import ChatRequest

CHAT = ChatDialect(ResponsesDialect())


def asked(headers: dict[str, str] | None = None, **fields: Any) -> ChatRequest:
    named = {name.encode(): text.encode() for name, text in (headers or {}).items()}
    caller = Caller("req_1", "alice", is_admin=False, headers=named)
    body = {"model": "auto", "messages": [{"role": "user", "content": "Hello"}], **fields}
    return read_request("chat", CHAT, json.dumps(body).encode(), caller)


def test_who_wishes_nothing_has_no_preferences() -> None:
    request = asked()

    assert request.preferences is NO_PREFERENCES
    assert not request.is_batch


def test_weights_and_a_limit_are_read() -> None:
    headers = {
        "x-wrp-cost-weight": "0.5",
        "x-wrp-latency-weight": "10",
        "x-wrp-max-cost-usd": "1e-3",
    }

    assert asked(headers).preferences == Preferences(cost=0.5, latency=10.0, max_cost_usd=0.001)
    assert asked({"x-wrp-cost-weight": "0"}).preferences == Preferences(cost=0.0)


@pytest.mark.parametrize("name", ["x-wrp-cost-weight", "x-wrp-latency-weight"])
@pytest.mark.parametrize("text", ["", "much", "-1", "10.1", "nan", "inf", "1,5", "\xff"])
def test_a_bad_weight_is_refused_with_its_name_and_the_remedy(name: str, text: str) -> None:
    with pytest.raises(RequestError) as refused:
        asked({name: text})

    assert (refused.value.status, refused.value.param) == (400, name)
    assert f"{name} must be a number from 0" in refused.value.message
    assert "or be left out" in refused.value.message


@pytest.mark.parametrize("text", ["", "0", "-0.01", "nan", "inf", "1 USD"])
def test_a_bad_limit_is_refused_with_its_name_and_the_remedy(text: str) -> None:
    with pytest.raises(RequestError, match=r"such as 0\.01") as refused:
        asked({"x-wrp-max-cost-usd": text})

    assert refused.value.param == "x-wrp-max-cost-usd"


@given(st.binary(max_size=20))
def test_any_weight_is_read_or_refused(said: bytes) -> None:
    caller = Caller("req_1", "alice", is_admin=False, headers={b"x-wrp-cost-weight": said})
    raw = b'{"model": "auto", "messages": []}'
    try:
        weight = read_request("chat", CHAT, raw, caller).preferences.cost
    except RequestError:
        return

    assert weight is not None
    assert 0 <= weight <= 10


@pytest.mark.parametrize(
    ("header", "tier", "is_batch"),
    [
        ("batch", None, True),
        (None, "flex", True),
        (None, "batch", True),
        (None, "auto", False),
        (None, 7, False),
        ("interactive", "flex", False),
        ("batch", "priority", True),
    ],
)
def test_the_priority_is_the_headers_else_the_service_tiers(
    header: str | None, tier: object, is_batch: bool
) -> None:
    headers = {"x-wrp-priority": header} if header else {}

    assert asked(headers, service_tier=tier).is_batch == is_batch


def test_an_unknown_priority_is_refused() -> None:
    with pytest.raises(RequestError, match="'batch' or 'interactive'") as refused:
        asked({"x-wrp-priority": "urgent"})

    assert refused.value.param == "x-wrp-priority"
