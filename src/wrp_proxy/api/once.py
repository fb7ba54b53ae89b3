"""Answers of the proxy's own paths that are given again to whoever sends the same key again."""

from collections.abc import Awaitable, Callable

from fastapi import Response
from starlette.types import Receive, Scope, Send

from wrp_proxy.api.asgi import send_whole
from wrp_proxy.api.errors import known_error, send_error
from wrp_proxy.api.idempotency import Idempotency, Slot
from wrp_proxy.providers.openai_error import envelope


class Once(Response):
    """Makes a JSON answer, unless its `Idempotency-Key` has had it already."""

    def __init__(
        self,
        idempotency: Idempotency,
        slot: Slot,
        asked: bytes,
        make: Callable[[], Awaitable[bytes]],
    ) -> None:
        """Raise RequestError for a key that is none, or was used for something else."""
        super().__init__()
        idempotency.find(slot, asked)
        self._idempotency = idempotency
        self._slot = slot
        self._asked = asked
        self._make = make

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._idempotency.answer(self._slot, self._asked, send, self._work)

    async def _work(self, send: Send) -> bool:
        """Send the answer; tell whether it is one to be given again."""
        try:
            reply = await self._make()
        except Exception as error:  # noqa: BLE001 - border: every request gets an answer
            await send_error(send, known_error(error), [], envelope)
            return False
        await send_whole(send, 200, [], reply)
        return True
