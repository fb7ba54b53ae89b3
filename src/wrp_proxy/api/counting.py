"""`POST /v1/messages/count_tokens`."""

import asyncio

import msgspec

from wrp_proxy.api.answers import while_connected
from wrp_proxy.api.asgi import ClientLeftError, Receive, Scope, Send, read_body, send_whole
from wrp_proxy.api.callers import Caller
from wrp_proxy.api.errors import known_error, send_error
from wrp_proxy.api.front import CALLER
from wrp_proxy.api.requests import json_object, make_request
from wrp_proxy.counting import Counting
from wrp_proxy.dialects.base import Dialect
from wrp_proxy.types import ChatRequest


class CountTokens:
    """The request is a Messages request, and is not answered."""

    def __init__(self, dialect: Dialect, counting: Counting, *, max_body_bytes: int) -> None:
        self._dialect = dialect
        self._counting = counting
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller: Caller = scope[CALLER]
        try:
            raw = await read_body(receive, caller.headers, self._max_body_bytes)
            request = await asyncio.to_thread(self._read, raw, caller, scope["query_string"])
            await while_connected(receive, self._count(request, send))
        except ClientLeftError:
            return
        except Exception as error:  # noqa: BLE001 - border: every request gets an answer
            await send_error(send, known_error(error), [], self._dialect.error)

    def _read(self, raw: bytes, caller: Caller, query: bytes) -> ChatRequest:
        own = json_object(raw)
        told = self._dialect.to_chat({"max_tokens": 1, **own})
        return make_request("messages", own, told, raw, caller, query)

    async def _count(self, request: ChatRequest, send: Send) -> None:
        tokens = await self._counting.count(request)
        await send_whole(send, 200, [], msgspec.json.encode({"input_tokens": tokens}))
