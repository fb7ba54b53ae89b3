"""A model behind every API that takes whatever it is sent."""

import json
from itertools import count
from typing import Any

from tests.clients import lab_chat, lab_messages, lab_responses
from tests.clients.script import Turn
from tests.fake_upstream import Received, Wire

_TURN = Turn(text="Hello there")
_VECTORS = {"object": "list", "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}]}
_STREAMING = {"/chat/completions", "/completions", "/messages", "/responses"}
_FAULTS = (400, 401, 403, 404, 408, 409, 413, 422, 429, 500, 502, 503, 529)


async def answer(received: Received, wire: Wire) -> None:
    """Answer by path; what the request says does not matter."""
    path = received.path.partition("?")[0].removeprefix("/v1")
    if received.method != "POST":
        await wire.whole(200, b"{}")
        return
    body = received.json
    if body.get("stream") and path in _STREAMING:
        await wire.begin_stream()
        for piece in _streamed(path, body):
            await wire.piece(piece)
        await wire.end_stream()
        return
    await wire.whole(200, _plain(path, body))


class Failing:
    """Fail in every way in turn."""

    def __init__(self) -> None:
        self._numbers = count()

    async def __call__(self, received: Received, wire: Wire) -> None:
        status = _FAULTS[next(self._numbers) % len(_FAULTS)]
        said = {"message": "It failed.", "type": "some_error", "param": None, "code": "some_code"}
        await wire.whole(status, json.dumps({"error": said}).encode(), retry_after="0")


def _plain(path: str, body: dict[str, Any]) -> bytes:
    said: dict[str, Any] = {"input_tokens": 42}
    match path:
        case "/chat/completions":
            said = lab_chat.plain(_TURN)
        case "/completions":
            said = lab_chat.text_completion({"prompt": "", **body})
        case "/embeddings":
            said = _VECTORS
        case "/messages":
            said = lab_messages.plain(_TURN, body)
        case "/responses":
            said = lab_responses.plain(_TURN, body, "resp_1")
    return json.dumps(said).encode()


def _streamed(path: str, body: dict[str, Any]) -> list[bytes]:
    match path:
        case "/chat/completions":
            return lab_chat.stream(_TURN, body)
        case "/completions":
            return lab_chat.text_stream({"prompt": "", **body})
        case "/messages":
            return lab_messages.stream(_TURN, body)
        case _:
            return lab_responses.stream(_TURN, body, "resp_1")
