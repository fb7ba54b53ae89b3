"""Every request has an id: the client's own where it does no harm, else a new one."""

from typing import Any

import pytest

from wrp_proxy.api.asgi import Message, Receive, Scope, Send, send_whole
from wrp_proxy.api.request_ids import REQUEST_ID, RequestIds, request_id_of


async def silence() -> Message:
    return {"type": "http.disconnect"}


async def answered(scope: Scope) -> tuple[str, list[Message]]:
    """Return the id that the app saw, and what it sent."""
    sent: list[Message] = []
    seen: list[str] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(scope[REQUEST_ID])
        await send_whole(send, 200, [(b"x-own", b"1")], b"{}")

    async def send(message: Message) -> None:
        sent.append(message)

    await RequestIds(app)(scope, silence, send)
    return seen[0], sent


def http(*headers: tuple[bytes, bytes]) -> dict[str, Any]:
    return {"type": "http", "headers": list(headers)}


@pytest.mark.anyio
@pytest.mark.parametrize("headers", [[], [(b"x-request-id", b"mine")], [(b"x-request-id", b"")]])
async def test_the_app_and_the_client_are_told_the_same_id(
    headers: list[tuple[bytes, bytes]],
) -> None:
    request_id, (start, body) = await answered(http(*headers))

    assert (b"x-request-id", request_id.encode()) in start["headers"]
    assert (b"x-own", b"1") in start["headers"]
    assert body["body"] == b"{}"


@pytest.mark.anyio
async def test_what_is_no_request_is_passed_on() -> None:
    passed: list[Scope] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        passed.append(scope)

    async def send(message: Message) -> None:
        raise AssertionError

    await RequestIds(app)({"type": "lifespan"}, silence, send)

    assert passed == [{"type": "lifespan"}]


@pytest.mark.parametrize("own", [b"a", b"req-1", b"!~", b"x" * 128, b"a/b?c=d;e"])
def test_a_clients_own_id_is_kept(own: bytes) -> None:
    assert request_id_of(own) == own.decode()


@pytest.mark.parametrize(
    "own", [b"", b" ", b"a b", b"x" * 129, b"a\nb", b"a\n", b"\n", b"caf\xe9", b"\x00", b"\x7f"]
)
def test_an_id_that_could_do_harm_is_replaced(own: bytes) -> None:
    replaced = request_id_of(own)

    assert replaced.startswith("req_")
    assert replaced.isascii()
    assert len(replaced) == 28


def test_made_ids_differ() -> None:
    assert len({request_id_of(b"") for _ in range(1000)}) == 1000
