"""Neither the upstream's key nor its address is seen by clients, in records or in logs."""

import json
from collections.abc import Callable

import httpx
import pytest

from tests import answers
from tests.end_to_end.child import ChildProxy
from tests.end_to_end.conftest import StartChild
from tests.fake_upstream import Answer, FakeUpstream, Received, Wire
from tests.proxy import Proxy, ask, pools_config, recorded

_INTERNAL = {
    "set-cookie": "session=upstream-secret",
    "x-internal-host": "node-17.internal.example",
    "via": "1.1 internal.example",
    "server": "internal-server",
    "x-amzn-trace-id": "Root=1",
    "www-authenticate": "Bearer realm=internal.example",
    "authorization": "Bearer upstream-secret",
}


def _seen_in(reply: httpx.Response) -> str:
    headers = "\n".join(f"{name}: {value}" for name, value in reply.headers.items())
    return f"{headers}\n\n{reply.text}"


def _tells_all(url: str) -> Callable[[int], Answer]:
    words = f"Key upstream-secret was refused by {url}/chat/completions"
    return lambda status: answers.error(status, headers=_INTERNAL, message=words)


def _failures(url: str) -> dict[str, Answer]:
    tell = _tells_all(url)
    one = answers.chunks_of(["one "])[:2]
    return {
        "401": tell(401),
        "402": tell(402),
        "403": tell(403),
        "redirect": answers.plain(b"", 307, location=f"{url}/elsewhere"),
        "reset": answers.reset,
        "no JSON": answers.plain(f"<html>upstream-secret {url}</html>".encode()),
        "no HTTP": _no_http,
        "broken stream": answers.stream(one, end=False),
        "cut off": answers.stream(one),
    }


async def _no_http(received: Received, wire: Wire) -> None:
    await wire.send(b"SSH-2.0-OpenSSH upstream-secret\r\n\r\n")


def _answer_with_internals(status: int, *, stream: bool) -> Answer:
    if status != 200:
        return answers.error(status, headers=_INTERNAL)

    async def answer(received: Received, wire: Wire) -> None:
        if stream:
            await wire.begin_stream(**_INTERNAL)
            await wire.piece(b"".join(answers.chunks_of(["one "])))
            await wire.end_stream()
        else:
            await wire.whole(200, json.dumps(answers.completion()).encode(), **_INTERNAL)

    return answer


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("kind", sorted(_failures("")))
def test_a_failure_tells_the_client_nothing_of_key_and_address(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, kind: str, stream: bool
) -> None:
    shared_upstream.answer = _failures(shared_upstream.url)[kind]

    reply = ask(shared_proxy, stream=stream, headers={"x-wrp-debug": "1"})

    assert "error" in reply.text
    assert "upstream-secret" not in _seen_in(reply)
    assert f":{shared_upstream.port}" not in _seen_in(reply)


@pytest.mark.parametrize("status", [200, 400, 429, 500])
@pytest.mark.parametrize("stream", [False, True])
def test_an_upstreams_own_headers_stay_with_the_proxy(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, status: int, stream: bool
) -> None:
    shared_upstream.answer = _answer_with_internals(status, stream=stream)

    reply = ask(shared_proxy, stream=stream)

    assert reply.status_code == status
    assert not (_INTERNAL.keys() - {"server"}) & reply.headers.keys()
    assert "internal" not in _seen_in(reply)
    assert "upstream-secret" not in _seen_in(reply)


def _go_through_much_trouble(proxy: ChildProxy, upstream: FakeUpstream) -> list[httpx.Response]:
    replies = [ask(proxy, model="dead", headers={"x-wrp-debug": "1"})]
    for failure in [*_failures(upstream.url).values(), answers.chat()]:
        upstream.answer = failure
        replies += [ask(proxy, model="small"), ask(proxy, model="small", stream=True)]
    recorded(proxy, len(replies))
    return replies


def test_pages_logs_and_records_show_neither_key_nor_address(
    upstream: FakeUpstream, dead_url: str, start_child: StartChild
) -> None:
    proxy = start_child(pools_config({"small": [upstream.url], "dead": [dead_url]}))
    client = proxy.http
    paths = ["/", "/health/ready", "/v1/models", "/v1/models/small", "/v1/usage", "/metrics"]

    replies = _go_through_much_trouble(proxy, upstream)
    pages = "".join(_seen_in(reply) for reply in [*replies, *map(client.get, paths)])
    log = proxy.log.read_bytes()
    state = b"".join(file.read_bytes() for file in proxy.state_dir.rglob("*"))

    assert replies[0].status_code == 502
    assert b"request failed" in log
    for secret in ("upstream-secret", f":{upstream.port}", f":{httpx.URL(dead_url).port}"):
        assert secret not in pages
        assert secret.encode() not in log
        assert secret.encode() not in state
