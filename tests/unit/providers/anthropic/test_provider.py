"""Messages go out as they came in; who pays, and for which model, is the proxy's to say."""

import json
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import chat_request, endpoint
from tests.unit.providers.anthropic.messages import NEW, native_request, provider
from wrp_proxy.errors import RequestError

values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=6,
)
names = st.text(st.characters(codec="utf-8"), max_size=8).filter(
    lambda name: name not in {"model", "cache"}
)


def fields_of(body: bytes) -> dict[str, bytes]:
    raw = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return {name: bytes(value) for name, value in raw.items()}


@given(st.dictionaries(names, values, max_size=5), st.booleans())
def test_every_field_of_messages_but_the_model_keeps_its_bytes(
    fields: dict[str, Any], is_ascii: bool
) -> None:
    raw = json.dumps({**fields, "model": "auto"}, ensure_ascii=is_ascii, indent=1).encode()
    request = replace(native_request(), raw=raw)

    call = provider().encode(request, endpoint(NEW))

    assert fields_of(call.body) == {**fields_of(raw), "model": b'"claude-opus-5"'}


def test_signed_thinking_goes_out_byte_for_byte() -> None:
    thought = rb'{"type":"thinking", "thinking":"caf\u00e9 \/", "signature":"Eq\u002bA=="}'
    raw = b'{"model":"auto","messages":[{"role":"assistant","content":[%b]}]}' % thought

    call = provider().encode(replace(native_request(), raw=raw), endpoint(NEW))

    assert thought in call.body


def test_the_proxys_own_field_is_taken_out() -> None:
    call = provider().encode(native_request(cache={"no-store": True}), endpoint(NEW))

    assert "cache" not in json.loads(call.body)


@pytest.mark.parametrize("base_url", ["http://lab/v1", "http://lab/v1/"])
@pytest.mark.parametrize(("query", "suffix"), [("", ""), ("beta=true&x=%20", "?beta=true&x=%20")])
def test_the_query_is_kept(base_url: str, query: str, suffix: str) -> None:
    call = provider(base_url=base_url).encode(native_request(query=query), endpoint(NEW))

    assert (call.method, call.url) == ("POST", f"http://lab/v1/messages{suffix}")


def test_a_translated_request_has_no_query() -> None:
    call = provider().encode(replace(chat_request(), query="x=1"), endpoint(NEW))

    assert call.url == "https://api.anthropic.com/v1/messages"


def test_tokens_are_counted_for_the_upstreams_model() -> None:
    call = provider().count_tokens(native_request(query="beta=true", odd=[1]), endpoint(NEW))

    assert call.url == "https://api.anthropic.com/v1/messages/count_tokens?beta=true"
    assert json.loads(call.body)["model"] == NEW
    assert json.loads(call.body)["odd"] == [1]


def test_the_models_can_be_listed() -> None:
    call = provider().listing()

    assert (call.method, call.url) == ("GET", "https://api.anthropic.com/v1/models?limit=1000")
    assert (b"anthropic-version", b"2023-06-01") in call.headers


def test_the_key_and_the_version_go_along() -> None:
    headers = dict(provider(version="2099-01-01").encode(native_request(), endpoint(NEW)).headers)

    assert headers[b"x-api-key"] == b"sk-secret"
    assert headers[b"anthropic-version"] == b"2099-01-01"
    assert b"authorization" not in headers


def test_without_a_key_none_is_sent() -> None:
    call = provider(api_key=None).encode(native_request(), endpoint(NEW))

    assert b"x-api-key" not in dict(call.headers)


def test_the_callers_version_and_betas_go_before_ours() -> None:
    passed_on = ((b"anthropic-version", b"2024-02-02"), (b"anthropic-beta", b"a-1,b-2"))
    request = replace(native_request(), passed_on=passed_on)

    call = provider().encode(request, endpoint(NEW))

    names = [name for name, _ in call.headers]
    assert names.count(b"anthropic-version") == 1
    assert set(passed_on) <= set(call.headers)


def test_the_callers_credentials_never_go_along() -> None:
    theirs = ((b"authorization", b"Bearer theirs"), (b"x-api-key", b"theirs"), (b"cookie", b"c=1"))
    for request in (native_request(), chat_request()):
        call = provider().encode(replace(request, passed_on=theirs), endpoint(NEW))

        assert not set(theirs) & set(call.headers)


def test_betas_of_a_body_become_a_header() -> None:
    request = chat_request(betas=["a-1", "b-2", "odd\r\nheader: 1", 7])

    call = provider().encode(request, endpoint(NEW))

    assert (b"anthropic-beta", b"a-1,b-2") in call.headers
    assert b"betas" not in call.body


def test_a_call_does_not_show_its_secrets() -> None:
    call = provider().encode(chat_request(note="my prompt"), endpoint(NEW))

    assert "sk-secret" not in repr(call)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{"])
def test_a_body_that_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(RequestError, match="not a JSON object"):
        provider().encode(replace(native_request(), raw=raw), endpoint(NEW))


def test_the_request_itself_is_not_changed() -> None:
    request = chat_request(
        messages=[
            {"role": "user", "content": [{"type": "text", "text": "a"}], "cache_control": {}},
            {"role": "user", "content": "b"},
            {"role": "assistant", "content": "end "},
        ],
        response_format={"type": "json_schema", "json_schema": {"schema": {"minimum": 1}}},
        output_config={"task_budget": 1},
        reasoning_effort="low",
    )
    before = json.dumps(request.body)

    provider().encode(request, endpoint(NEW))

    assert json.dumps(request.body) == before


def test_a_body_that_is_nested_too_deeply_is_refused() -> None:
    schema: dict[str, Any] = {}
    for _ in range(5000):
        schema = {"type": "array", "items": schema}

    form = {"type": "json_schema", "json_schema": {"schema": schema}}
    request = chat_request()
    request = replace(request, body={**request.body, "response_format": form})

    with pytest.raises(RequestError, match="too deeply"):
        provider().encode(request, endpoint(NEW))
