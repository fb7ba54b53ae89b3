"""The Responses API: forwarded where an upstream has it, told as a chat where it has not."""

import json
from typing import Any

import httpx
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.end_to_end.wire_answers import response_events, responses
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, lab_config, recorded


def native(url: str, **more: Any) -> dict[str, Any]:
    """One upstream that has the API, one that only chats."""
    config = lab_config(url, **more)
    config["providers"]["lab"]["apis"] = ["chat", "responses"]
    config["providers"]["plain"] = {"type": "openai", "base_url": url, "apis": ["chat"]}
    config["models"]["chatty"] = {"endpoints": [{"provider": "plain", "model": "mock-chatty"}]}
    config["routes"] = {"auto": {"models": ["small", "chatty"]}}
    return config


@pytest.fixture
def proxy(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    return start_proxy(native(upstream.url))


@pytest.fixture
def chat_only(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    config = native(upstream.url)
    config["providers"]["lab"]["apis"] = ["chat"]
    return start_proxy(config)


def ask(proxy: Proxy, path: str = "/v1/responses", **fields: Any) -> httpx.Response:
    return proxy.http.post(path, json={"model": "small", "input": "Hello", **fields})


@pytest.mark.parametrize("path", ["/v1/responses", "/responses"])
def test_a_request_is_forwarded_byte_for_byte(
    proxy: Proxy, upstream: FakeUpstream, path: str
) -> None:
    upstream.answer = responses()
    raw = b'{"model":"small","input":[{"role":"user","content":"caf\\u00e9"}],"odd":1.10}'

    reply = proxy.http.post(path, content=raw)

    (received,) = upstream.received
    assert (received.path, received.body) == ("/v1/responses", raw.replace(b"small", b"mock-small"))
    assert reply.json()["id"] == "resp_native"
    (row,) = recorded(proxy)
    assert (row["prompt_tokens"], row["completion_tokens"]) == (11, 7)
    assert (row["cached_tokens"], row["finish"]) == (4, "complete")


def test_a_stream_is_relayed_byte_for_byte(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = responses()

    reply = ask(proxy, stream=True)

    assert reply.content == b"".join(response_events())
    assert "stream_options" not in upstream.received[0].json
    assert recorded(proxy)[0]["completion_tokens"] == 7


@pytest.mark.parametrize("model", ["auto", "chatty"])
def test_the_stock_client_streams_from_a_model_that_only_chats(
    chat_only: Proxy, upstream: FakeUpstream, model: str
) -> None:
    with chat_only.openai.responses.stream(model=model, input="Hello") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()

    assert upstream.received[0].path == "/v1/chat/completions"
    assert final.output_text == "Hello there "
    assert final.usage is not None
    assert (final.usage.input_tokens, final.usage.output_tokens) == (11, 7)
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"


def test_the_next_turn_has_what_was_said_before(chat_only: Proxy, upstream: FakeUpstream) -> None:
    client = chat_only.openai.responses
    first = client.create(model="small", input="Hello", instructions="Be brief.")

    second = client.create(model="small", input="And now?", previous_response_id=first.id)

    assert second.previous_response_id == first.id
    said = [(m["role"], m["content"]) for m in upstream.received[1].json["messages"]]
    assert said == [("user", "Hello"), ("assistant", "Hello there"), ("user", "And now?")]
    third = client.create(model="chatty", input="Still?", previous_response_id=second.id)
    assert len(upstream.received[2].json["messages"]) == 5
    assert client.retrieve(third.id).output_text == "Hello there"


def test_a_streamed_turn_is_remembered_before_its_end_is_read(
    chat_only: Proxy, upstream: FakeUpstream
) -> None:
    client = chat_only.openai.responses
    with client.stream(model="small", input="Hello") as stream:
        first = stream.until_done().get_final_response()

    client.create(model="small", input="And now?", previous_response_id=first.id)

    assert [m["content"] for m in upstream.received[1].json["messages"]][1] == "Hello there "


def test_what_is_not_to_be_stored_is_not(chat_only: Proxy) -> None:
    first = ask(chat_only, store=False).json()

    reply = ask(chat_only, previous_response_id=first["id"])

    assert reply.status_code == 400
    error = reply.json()["error"]
    assert (error["code"], error["param"]) == (
        "previous_response_not_found",
        "previous_response_id",
    )
    assert chat_only.http.get(f"/v1/responses/{first['id']}").status_code == 404


def test_a_deleted_response_is_gone(chat_only: Proxy) -> None:
    first = ask(chat_only).json()
    path = f"/v1/responses/{first['id']}"
    found = chat_only.http.get(path)

    deleted = chat_only.http.delete(path)

    assert found.json() == first
    assert deleted.json() == {"id": first["id"], "object": "response", "deleted": True}
    assert chat_only.http.get(path).status_code == 404
    assert chat_only.http.delete(path).json()["error"]["type"] == "invalid_request_error"


def test_a_response_is_its_owners_only(upstream: FakeUpstream, start_proxy: StartProxy) -> None:
    keys = [{"key": "a-key", "name": "a"}, {"key": "b-key", "name": "b"}]
    config = native(upstream.url, server={"api_keys": keys})
    config["providers"]["lab"]["apis"] = ["chat"]
    proxy = start_proxy(config)
    proxy.key = "a-key"
    first = ask(proxy).json()

    proxy.key = "b-key"

    path = f"/v1/responses/{first['id']}"
    assert [proxy.http.get(path).status_code, proxy.http.delete(path).status_code] == [404, 404]
    assert ask(proxy, previous_response_id=first["id"]).status_code == 400
    proxy.key = "a-key"
    assert proxy.http.get(path).status_code == 200


def test_a_turn_goes_to_the_upstream_that_holds_the_one_before(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = responses()
    first = ask(proxy, model="auto").json()

    second = ask(proxy, model="auto", previous_response_id=first["id"])
    elsewhere = ask(proxy, model="chatty", previous_response_id=first["id"])

    assert second.status_code == 200
    assert upstream.received[1].json["previous_response_id"] == "resp_native"
    assert upstream.received[1].json["input"] == "Hello"
    assert elsewhere.status_code == 400
    assert "'resp_native'" in elsewhere.json()["error"]["message"]


def test_a_turn_may_go_to_another_model_of_the_one_who_holds_it(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = responses()
    config = native(upstream.url)
    config["models"]["twin"] = {"endpoints": [{"provider": "lab", "model": "mock-twin"}]}
    proxy = start_proxy(config)
    ask(proxy)

    reply = ask(proxy, model="twin", previous_response_id="resp_native")

    assert reply.status_code == 200
    assert upstream.received[1].json["model"] == "mock-twin"


def test_with_several_keys_nobody_reaches_what_another_has_made(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = responses()
    keys = [{"key": "a-key", "name": "a"}, {"key": "b-key", "name": "b"}]
    proxy = start_proxy(native(upstream.url, server={"api_keys": keys}))
    proxy.key = "a-key"
    ask(proxy)

    own = ask(proxy, previous_response_id="resp_native")
    proxy.key = "b-key"
    others = ask(proxy, previous_response_id="resp_native")

    assert own.status_code == 200
    assert others.json()["error"]["code"] == "previous_response_not_found"
    assert proxy.http.get("/v1/responses/resp_native").status_code == 404


def test_what_an_upstream_holds_is_asked_of_it_again(proxy: Proxy, upstream: FakeUpstream) -> None:
    now = {"id": "resp_native", "object": "response", "status": "completed", "output": []}
    queued = answers.plain({**now, "status": "queued"})
    upstream.answer = answers.in_turn(queued, answers.plain(now))
    ask(proxy, background=True)

    reply = proxy.http.get("/v1/responses/resp_native")

    assert reply.json() == now
    assert upstream.received[1].method == "GET"


def test_a_response_that_only_the_upstream_may_know_is_asked_of_it(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = responses()

    reply = ask(proxy, model="auto", previous_response_id="resp_from_long_ago")

    assert reply.status_code == 200
    assert upstream.received[0].json["previous_response_id"] == "resp_from_long_ago"


def test_deleting_reaches_the_upstream_that_holds_it(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = responses()
    ask(proxy)

    reply = proxy.http.delete("/v1/responses/resp_native")

    assert reply.json()["deleted"] is True
    assert (upstream.received[1].method, upstream.received[1].path) == (
        "DELETE",
        "/v1/responses/resp_native",
    )
    assert upstream.received[1].headers["authorization"] == "Bearer upstream-secret"


def test_what_cannot_be_deleted_upstream_is_still_there(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = answers.in_turn(responses(), answers.error(500))
    ask(proxy)

    reply = proxy.http.delete("/v1/responses/resp_native")

    assert reply.status_code == 500
    upstream.answer = responses()
    assert proxy.http.get("/v1/responses/resp_native").status_code == 200


def test_what_only_the_api_itself_can_do_goes_where_it_is(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = responses()
    tools = [{"type": "code_interpreter", "container": {"type": "auto"}}]

    answered = ask(proxy, model="auto", tools=tools)
    refused = ask(proxy, model="chatty", tools=tools)

    assert answered.headers["x-wrp-provider"] == "lab"
    error = refused.json()["error"]
    assert (refused.status_code, error["code"]) == (400, "unsupported_capability")
    assert "small" in error["message"]


def test_a_translated_stream_that_breaks_off_ends_as_failed(
    chat_only: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = answers.stream([answers.event(answers.delta("Hel"))], end=False)

    reply = ask(chat_only, stream=True)

    events = [json.loads(line[6:]) for line in reply.text.splitlines() if line.startswith("data: ")]
    assert events[-1]["type"] == "response.failed"
    assert events[-1]["response"]["id"] == events[0]["response"]["id"]
    assert events[-1]["response"]["error"]["code"] == "upstream_disconnected"
    assert [event["sequence_number"] for event in events] == list(range(len(events)))


def test_bodies_of_the_responses_api_get_chunks_where_they_ask_for_a_chat(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    tool = {"type": "function", "name": "look", "parameters": {"type": "object"}}
    body = {"model": "small", "input": "Hello", "tools": [tool], "stream": True}

    reply = proxy.http.post("/v1/chat/completions", json=body)

    assert '"object": "chat.completion.chunk"' in reply.text
    assert reply.text.endswith("data: [DONE]\n\n")
    sent = upstream.received[0].json
    assert sent["messages"] == [{"role": "user", "content": "Hello"}]
    assert sent["tools"][0]["function"]["name"] == "look"
