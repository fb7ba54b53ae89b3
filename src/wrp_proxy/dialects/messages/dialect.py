"""The Messages API as a dialect: requests in, answers and errors out."""

from collections.abc import Mapping
from typing import Any

from wrp_proxy.dialects.base import Translation
from wrp_proxy.dialects.messages.answer import MessagesAnswerDecoder
from wrp_proxy.dialects.messages.errors import error_body, error_event
from wrp_proxy.dialects.messages.forwarding import without_unsigned_thinking
from wrp_proxy.dialects.messages.request import to_chat
from wrp_proxy.dialects.messages.stream import MessagesStreamDecoder
from wrp_proxy.errors import WrpError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.types import ChatRequest


class MessagesDialect:
    """Speak Anthropic's Messages API to the client, chat completions to the upstream."""

    def to_chat(self, body: Mapping[str, Any]) -> Translation:
        return to_chat(body)

    def forwarded(self, raw: bytes) -> bytes:
        return without_unsigned_thinking(raw)

    def decoder(self, request: ChatRequest, chat: Decoder) -> Decoder:
        if request.stream:
            return MessagesStreamDecoder(request, chat)
        return MessagesAnswerDecoder(request, chat)

    def error(self, error: WrpError) -> bytes:
        return error_body(error)

    def error_event(self, error: WrpError) -> bytes:
        return error_event(error)
