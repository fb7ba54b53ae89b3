"""Reads a plain chat completion, and tells it as a Message."""

from collections.abc import Sequence
from typing import Any

import msgspec

from wrp_proxy.dialects.messages.assembly import Assembly
from wrp_proxy.dialects.messages.ending import Choice, stop_of, stop_sequences, usage_of
from wrp_proxy.dialects.messages.errors import error_event
from wrp_proxy.dialects.messages.message import message_of
from wrp_proxy.dialects.messages.sayings import Signed, Words, has_refused, sayings
from wrp_proxy.errors import DisconnectedError, WrpError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.types import ChatRequest, Chunk, Usage


class _Answer(msgspec.Struct):
    choices: list[Choice]
    usage: Any = None


class MessagesAnswerDecoder:
    """Let `chat` collect and check the answer, then translate it whole."""

    def __init__(self, request: ChatRequest, chat: Decoder) -> None:
        self._request = request
        self._chat = chat

    @property
    def usage(self) -> Usage | None:
        return self._chat.usage

    @property
    def done(self) -> bool:
        return self._chat.done

    def feed(self, piece: bytes) -> Sequence[Chunk]:
        return [self._translated(chunk) for chunk in self._chat.feed(piece)]

    def close(self) -> Sequence[Chunk]:
        return [self._translated(chunk) for chunk in self._chat.close()]

    def estimate(self) -> int:
        return self._chat.estimate()

    def failure(self, error: WrpError) -> bytes:
        return error_event(error)

    def _translated(self, chunk: Chunk) -> Chunk:
        try:
            answer = msgspec.json.decode(chunk.data, type=_Answer)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise DisconnectedError("The upstream's answer is no chat completion.") from error
        if not answer.choices:
            raise DisconnectedError("The upstream's answer has no choices.")
        message = self._message(answer.choices[0], answer.usage)
        return Chunk(data=msgspec.json.encode(message), content=True)

    def _message(self, choice: Choice, usage: object) -> dict[str, Any]:
        content = self._content(choice.message)
        stop = stop_of(
            choice,
            stop_sequences(self._request.own.get("stop_sequences")),
            has_calls=content.has_calls,
            has_refused=has_refused(choice.message),
        )
        blocks = [block.whole() for block in content.blocks]
        used = usage_of(usage) or {"input_tokens": 0, "output_tokens": self.estimate()}
        return message_of(self._request, blocks, stop, used)

    def _content(self, message: object) -> Assembly:
        said = list(sayings(message))
        if any(isinstance(saying, Signed) for saying in said):
            said = [saying for saying in said if not _is_thinking(saying)]
        content = Assembly(self._request)
        for saying in said:
            content.add(saying)
        return content


def _is_thinking(saying: object) -> bool:
    """What is signed stands among what is not, too."""
    return isinstance(saying, Words) and saying.kind == "thinking"
