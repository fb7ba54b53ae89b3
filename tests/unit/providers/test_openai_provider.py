"""The body goes out as it came in, but for the model's name and the wish for usage."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import chat_request, endpoint
from wrp_proxy.errors import RequestError, UpstreamError
from wrp_proxy.providers.openai import OpenAIProvider, splice
from wrp_proxy.providers.openai_answer import OpenAIAnswerDecoder
from wrp_proxy.providers.openai_stream import OpenAIStreamDecoder

blanks = st.sampled_from([b"", b" ", b"\n", b"\r\n\t "])
numbers = st.sampled_from(
    [b"0", b"-0", b"1.10", b"1e3", b"1E+3", b"123456789012345678901234567890", b"0.1000"]
)
strings = st.text(st.characters(codec="utf-8"), max_size=8)
literals = (
    numbers
    | st.sampled_from([b"null", b"true", b"false", rb'"caf\u00e9"', rb'"\/"', b"[ 1,2 ]", b"{ }"])
    | strings.map(lambda text: json.dumps(text).encode())
    | strings.map(lambda text: json.dumps(text, ensure_ascii=False).encode())
)


@st.composite
def values(draw: st.DrawFn) -> bytes:
    """Any JSON value, up to two levels deep, in any spelling."""
    inner = draw(st.lists(literals, max_size=3))
    blank = draw(blanks)
    if draw(st.booleans()):
        return b"[" + blank + (blank + b"," + blank).join(inner) + blank + b"]"
    if draw(st.booleans()):
        fields = (b'"%d"' % place + blank + b":" + value for place, value in enumerate(inner))
        return b"{" + blank + (blank + b"," + blank).join(fields) + b"}"
    return draw(literals)


names = strings.filter(lambda name: name not in {"model", "stream_options", "cache"})
unknown_fields = st.dictionaries(names, values(), max_size=6)


def fields_of(body: bytes) -> dict[str, bytes]:
    raw = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    return {name: bytes(value) for name, value in raw.items()}


@given(unknown_fields, blanks, st.booleans())
def test_every_value_that_is_not_exchanged_keeps_its_bytes(
    unknown: dict[str, bytes], blank: bytes, is_ascii: bool
) -> None:
    fields = {**unknown, "model": b'"auto"', "stream_options": b"{}"}
    pairs = (
        json.dumps(name, ensure_ascii=is_ascii).encode() + blank + b":" + blank + value
        for name, value in fields.items()
    )
    raw = b"{" + blank + (blank + b"," + blank).join(pairs) + blank + b"}"

    body = splice(raw, {"model": msgspec.Raw(b'"exchanged"')}, {"stream_options"})

    assert fields_of(body) == {**unknown, "model": b'"exchanged"'}


def test_a_field_that_was_not_there_is_added() -> None:
    assert splice(b'{"a": 1}', {"b": msgspec.Raw(b"[ 2 ]")}, set()) == b'{"a":1,"b":[ 2 ]}'


def test_a_removal_of_what_is_not_there_is_nothing() -> None:
    assert splice(b'{"a":1}', {}, {"b"}) == b'{"a":1}'


def test_a_field_that_stands_twice_goes_out_once() -> None:
    assert splice(b'{"a":1,"model":"x","model":"y","a":2}', {}, set()) == b'{"a":2,"model":"y"}'


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b'{"a":}', b"{} {}"])
def test_what_is_no_object_is_refused(raw: bytes) -> None:
    with pytest.raises(RequestError, match="not a JSON object"):
        splice(raw, {}, set())


def provider(**more: Any) -> OpenAIProvider:
    return OpenAIProvider(**{"base_url": "http://lab/v1", "api_key": "secret", **more})


@pytest.mark.parametrize("base_url", ["http://lab/v1", "http://lab/v1/", "http://lab/v1//"])
def test_the_address_is_that_of_chat_completions(base_url: str) -> None:
    call = provider(base_url=base_url).encode(chat_request(), endpoint())

    assert (call.method, call.url) == ("POST", "http://lab/v1/chat/completions")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (b"authorization", b"Bearer secret")),
        ({"key_header": "api-key"}, (b"api-key", b"secret")),
        ({"api_key": None}, None),
    ],
)
def test_the_key_goes_where_the_vendor_wants_it(
    options: dict[str, Any], expected: tuple[bytes, bytes] | None
) -> None:
    call = provider(**options).encode(chat_request(), endpoint())

    credentials = [header for header in call.headers if header[0] in {b"authorization", b"api-key"}]
    assert credentials == ([expected] if expected else [])


def test_a_call_does_not_show_its_secrets() -> None:
    call = provider().encode(chat_request(note="my prompt"), endpoint())

    assert "secret" not in repr(call)
    assert "my prompt" not in repr(call)


def test_the_model_is_called_by_its_upstream_name() -> None:
    call = provider().encode(chat_request(), endpoint('odd "name"/caf\u00e9'))

    assert json.loads(call.body)["model"] == 'odd "name"/caf\u00e9'


def test_a_stream_is_asked_for_its_usage() -> None:
    call = provider().encode(chat_request(stream=True), endpoint())

    assert json.loads(call.body)["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("asked", [{"include_usage": False, "other": 1}, {"other": 1}])
def test_other_options_of_a_stream_are_kept(asked: dict[str, Any]) -> None:
    call = provider().encode(chat_request(stream=True, stream_options=asked), endpoint())

    assert json.loads(call.body)["stream_options"] == {"include_usage": True, "other": 1}


@pytest.mark.parametrize("asked", [{"include_usage": True}, {}, None])
def test_options_of_a_stream_are_left_out_where_there_is_none(asked: object) -> None:
    call = provider().encode(chat_request(stream_options=asked), endpoint())

    assert "stream_options" not in json.loads(call.body)


def test_a_vendor_that_refuses_options_gets_none() -> None:
    request = chat_request(stream=True, stream_options={"include_usage": True})

    call = provider(stream_usage=False).encode(request, endpoint())

    assert "stream_options" not in json.loads(call.body)


def test_the_request_itself_is_not_changed() -> None:
    request = chat_request(stream=True, stream_options={"other": 1})
    before = json.dumps(request.body)

    provider().encode(request, endpoint())

    assert json.dumps(request.body) == before


def test_streams_and_plain_answers_have_their_own_decoders() -> None:
    decoders = [provider().decoder(chat_request(stream=s), endpoint()) for s in (True, False)]

    assert [type(decoder) for decoder in decoders] == [OpenAIStreamDecoder, OpenAIAnswerDecoder]


def test_a_key_that_an_upstream_quotes_is_not_passed_on() -> None:
    provider = OpenAIProvider(base_url="http://lab/v1", api_key="sk-secret")

    error = provider.error(400, {}, b'{"error": {"message": "bad: Bearer sk-secret"}}')

    assert error.message == "bad: Bearer ***"


def test_without_a_key_errors_are_left_as_they_are() -> None:
    provider = OpenAIProvider(base_url="http://lab/v1", api_key=None)

    error = provider.error(400, {}, b'{"error": {"message": "bad"}}')

    assert error.message == "bad"


@pytest.mark.parametrize(
    ("stream", "answer"),
    [
        (False, b'{"error": {"message": "bad: sk-secret"}}'),
        (True, b'data: {"error": {"message": "bad: sk-secret"}}\n\n'),
        (True, b'{"error": {"message": "bad: sk-secret"}}'),
    ],
)
def test_a_key_that_a_false_success_quotes_is_not_passed_on(*, stream: bool, answer: bytes) -> None:
    provider = OpenAIProvider(base_url="http://lab/v1", api_key="sk-secret")
    decoder = provider.decoder(chat_request(stream=stream), endpoint())

    def read() -> None:
        decoder.feed(answer)
        decoder.close()

    with pytest.raises(UpstreamError) as raised:
        read()

    assert raised.value.message == "bad: ***"
