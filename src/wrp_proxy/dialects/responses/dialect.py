"""`/v1/responses` for upstreams that only have chat completions."""

from collections.abc import Callable, Mapping
from time import time
from typing import Any
from uuid import uuid4

from wrp_proxy.dialects.base import Translation
from wrp_proxy.dialects.responses.answer import AnswerDecoder
from wrp_proxy.dialects.responses.events import NoEvents, StreamedEvents
from wrp_proxy.dialects.responses.forwarding import without_sealed_thinking
from wrp_proxy.dialects.responses.reading import Reading
from wrp_proxy.dialects.responses.request import to_chat
from wrp_proxy.dialects.responses.stream import StreamDecoder
from wrp_proxy.errors import WrpError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.openai_error import envelope
from wrp_proxy.providers.responses_events import lone_error_event
from wrp_proxy.types import ChatRequest


def _random_id() -> str:
    return uuid4().hex


class ResponsesDialect:
    """A conversation's items become messages; the answer's deltas become items."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time,
        make_id: Callable[[], str] = _random_id,
    ) -> None:
        """`clock` gives Unix time in seconds, `make_id` the part of an id after its prefix."""
        self._clock = clock
        self._make_id = make_id

    def to_chat(self, body: Mapping[str, Any]) -> Translation:
        return to_chat(body)

    def forwarded(self, raw: bytes) -> bytes:
        return without_sealed_thinking(raw)

    def decoder(self, request: ChatRequest, chat: Decoder) -> Decoder:
        if not request.stream:
            return AnswerDecoder(chat, self._reading(request, NoEvents()))
        events = StreamedEvents()
        return StreamDecoder(chat, self._reading(request, events), events)

    def error(self, error: WrpError) -> bytes:
        return envelope(error)

    def error_event(self, error: WrpError) -> bytes:
        return lone_error_event(error)

    def _reading(self, request: ChatRequest, events: NoEvents | StreamedEvents) -> Reading:
        return Reading(request, events, clock=self._clock, make_id=self._make_id)
