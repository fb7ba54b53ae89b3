"""The few ASGI messages that the hot path sends itself."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from wrp_proxy.errors import BodyTooLargeError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
HeaderList = list[tuple[bytes, bytes]]

JSON = (b"content-type", b"application/json")


class ClientLeftError(Exception):
    """The client is gone: there is nobody to answer."""


async def read_body(receive: Receive, headers: dict[bytes, bytes], limit: int) -> bytes:
    """Read the whole body; refuse one longer than `limit` bytes as early as can be told."""
    announced = headers.get(b"content-length", b"0")
    if announced.isdigit() and int(announced) > limit:
        raise _too_large(limit)
    pieces: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeftError
        piece = message.get("body", b"")
        size += len(piece)
        if size > limit:
            raise _too_large(limit)
        pieces.append(piece)
        if not message.get("more_body", False):
            return pieces[0] if len(pieces) == 1 else b"".join(pieces)


async def send_whole(send: Send, status: int, headers: HeaderList, body: bytes) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send(
        {"type": "http.response.start", "status": status, "headers": [length, JSON, *headers]}
    )
    await send({"type": "http.response.body", "body": body})


async def send_start(send: Send, headers: HeaderList) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": headers})


async def send_piece(send: Send, piece: bytes, *, more: bool = True) -> None:
    await send({"type": "http.response.body", "body": piece, "more_body": more})


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(
        f"The body is larger than {limit} bytes; the limit is server.max_body_bytes."
    )
