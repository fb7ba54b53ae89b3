"""What is the same request: key order is ignored, and nothing else."""

import json
from copy import deepcopy
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from wrp_proxy.cache.keys import KeyedRequest
from wrp_proxy.types import NO_WISHES, Api, CacheControl, ChatRequest

SECRET = b"s" * 32
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.floats(-2, 2) | TEXTS
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3)
)
BODY: dict[str, Any] = {
    "model": "auto",
    "temperature": 0,
    "max_tokens": 20,
    "metadata": {"a": [1, 2.5, {"b": None}]},
    "messages": [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "Hi"},
        {"role": "assistant", "content": "Hello"},
        {"role": "user", "content": "What is the capital of France?"},
    ],
}


def asked(
    body: dict[str, Any], api: Api = "chat", cache: CacheControl = NO_WISHES, **more: Any
) -> ChatRequest:
    return ChatRequest(
        id="req_1",
        tenant="alice",
        session=None,
        model=str(body.get("model")),
        body=body,
        raw=json.dumps(body).encode(),
        api=api,
        cache=cache,
        **more,
    )


def entry_id(body: dict[str, Any], scope: str = "key:alice", **more: Any) -> bytes:
    return KeyedRequest(asked(body, **more)).entry_id(SECRET, scope)


def partition(body: dict[str, Any], fingerprint: str = "minilm", **more: Any) -> bytes:
    return KeyedRequest(asked(body, **more)).names(SECRET, "key:alice", fingerprint).partition


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """List the paths of all values, inner ones too."""
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [p for key, child in children for p in [(*path, key), *places(child, (*path, key))]]


def shuffled(value: Any, data: st.DataObject) -> Any:
    if isinstance(value, dict):
        keys = data.draw(st.permutations(list(value)))
        return {key: shuffled(value[key], data) for key in keys}
    return [shuffled(item, data) for item in value] if isinstance(value, list) else value


def changed(path: tuple[Any, ...], value: Any) -> dict[str, Any]:
    body = deepcopy(BODY)
    holder: Any = body
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return body


@given(st.data(), st.dictionaries(TEXTS, JSON, max_size=4))
def test_the_order_of_keys_is_ignored(data: st.DataObject, more: dict[str, Any]) -> None:
    body = more | BODY

    assert entry_id(body) == entry_id(shuffled(body, data))
    assert partition(body) == partition(shuffled(body, data))


@given(st.sampled_from(places(BODY)), JSON)
def test_any_other_value_anywhere_is_another_request(path: tuple[Any, ...], value: Any) -> None:
    body = changed(path, value)
    assume(is_other(body, BODY))

    assert entry_id(body) != entry_id(BODY)


@given(st.sampled_from(places(BODY)), JSON)
def test_only_the_last_users_text_may_differ_within_a_partition(
    path: tuple[Any, ...], value: Any
) -> None:
    is_question = path == ("messages", 3, "content")
    body = changed(path, value)
    assume(is_other(body, BODY))

    assert (partition(body) == partition(BODY)) == (is_question and isinstance(value, str))


@given(TEXTS, JSON)
def test_any_field_more_is_another_request(name: str, value: Any) -> None:
    assume(name not in {*BODY, "stream", "stream_options", "cache"})
    body = {**BODY, name: value}

    assert entry_id(body) != entry_id(BODY)
    assert partition(body) != partition(BODY)


def is_other(one: Any, other: Any) -> bool:
    """Tell values apart as JSON does, in which true is not 1 but 1.0 is."""
    return bool(marked(one) != marked(other))


def marked(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: marked(item) for key, item in value.items()}
    if isinstance(value, list):
        return [marked(item) for item in value]
    return f"bool {value}" if isinstance(value, bool) else value


def test_numbers_are_the_same_however_they_are_written() -> None:
    raws = [b'{"model":"m","x":%b,"messages":[]}' % number for number in (b"0", b"0.0", b"-0e3")]

    ids = {
        KeyedRequest(
            ChatRequest(id="1", tenant="a", session=None, model="m", body={}, raw=raw)
        ).entry_id(SECRET, "key:a")
        for raw in raws
    }

    assert len(ids) == 1


def test_numbers_too_large_to_be_told_apart_as_floats_are_told_apart_as_text() -> None:
    def named(number: bytes) -> bytes:
        raw = b'{"model":"m","x":%b}' % number
        request = ChatRequest(id="1", tenant="a", session=None, model="m", body={}, raw=raw)
        return KeyedRequest(request).entry_id(SECRET, "key:a")

    assert len({named(b"1e999"), named(b"2e999"), named(b"null"), named(b'"1e999"')}) == 4


def test_white_space_in_a_text_counts() -> None:
    assert entry_id(changed(("messages", 3, "content"), "a  b")) != entry_id(
        changed(("messages", 3, "content"), "a b")
    )


def test_a_stream_of_chat_has_the_entry_of_the_plain_answer() -> None:
    streamed = {**BODY, "stream": True, "stream_options": {"include_usage": True}}

    assert entry_id(streamed) == entry_id(BODY)


def test_a_stream_of_messages_has_an_entry_of_its_own() -> None:
    assert entry_id({**BODY, "stream": True}, api="messages") != entry_id(BODY, api="messages")


def test_wishes_for_the_cache_are_no_part_of_what_is_asked() -> None:
    assert entry_id({**BODY, "cache": {"ttl": 5}}) == entry_id(BODY)


def test_scopes_namespaces_apis_and_versions_are_apart() -> None:
    others = [
        entry_id(BODY, scope="key:bob"),
        entry_id(BODY, cache=CacheControl(namespace="other")),
        entry_id(BODY, api="messages"),
        entry_id(BODY, api="messages", passed_on=((b"anthropic-beta", b"x"),)),
        entry_id(BODY, api="messages", query="beta=true"),
    ]

    assert len({entry_id(BODY), *others}) == 6


def test_a_trace_is_no_part_of_what_is_asked() -> None:
    assert entry_id(BODY, passed_on=((b"traceparent", b"00-1"),)) == entry_id(BODY)


def test_vectors_of_two_embedders_never_meet() -> None:
    assert partition(BODY, "minilm") != partition(BODY, "another")


def test_another_secret_gives_other_names() -> None:
    keyed = KeyedRequest(asked(BODY))

    assert keyed.entry_id(b"a" * 32, "key:a") != keyed.entry_id(b"b" * 32, "key:a")


def test_a_scope_cannot_be_spelt_by_another_and_its_namespace() -> None:
    one = entry_id(BODY, scope="key:a", cache=CacheControl(namespace="b"))
    other = entry_id(BODY, scope="key:ab", cache=CacheControl(namespace=""))

    assert one != other


def test_a_folded_text_has_one_canonical_name_and_keeps_the_rest_exact() -> None:
    def canonical(text: str, system: str = "Be brief.") -> bytes:
        body = changed(("messages", 3, "content"), text)
        body["messages"][0]["content"] = system
        return KeyedRequest(asked(body)).names(SECRET, "key:alice", "minilm").canonical

    assert canonical("What is HTTP?") == canonical("what is HTTP")
    assert canonical("What is HTTP?") != canonical("What is HTTP?", system="be brief.")
