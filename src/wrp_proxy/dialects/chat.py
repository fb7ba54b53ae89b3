"""Chat completions, in which all others are told; nothing is to be translated."""

from collections.abc import Mapping
from typing import Any

from wrp_proxy.dialects.base import Dialect, Translation
from wrp_proxy.dialects.limits import check_positive
from wrp_proxy.errors import RequestError, WrpError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.openai_error import envelope, error_event
from wrp_proxy.types import ChatRequest

_POSITIVE = ("max_tokens", "max_completion_tokens", "n")


class ChatDialect:
    """Check what the proxy itself relies on.

    Some editors post bodies of the Responses API here and expect chat's answer: `responses` reads
    them.
    """

    def __init__(self, responses: Dialect) -> None:
        self._responses = responses

    def to_chat(self, body: Mapping[str, Any]) -> Translation:
        if "messages" not in body and "input" in body:
            return self._responses.to_chat(body)
        _check_messages(body.get("messages"))
        for name in _POSITIVE:
            if (value := body.get(name)) is not None:
                check_positive(name, value)
        return Translation(body=body)

    def forwarded(self, raw: bytes) -> bytes:
        return raw

    def decoder(self, request: ChatRequest, chat: Decoder) -> Decoder:
        return chat

    def error(self, error: WrpError) -> bytes:
        return envelope(error)

    def error_event(self, error: WrpError) -> bytes:
        return error_event(error)


def _check_messages(messages: object) -> None:
    if not isinstance(messages, list) or not messages:
        raise RequestError("messages must be a list of at least one message.", param="messages")
    for place, message in enumerate(messages):
        if not isinstance(message, dict):
            raise RequestError(
                f"messages[{place}] must be an object with a role and a content.",
                param=f"messages[{place}]",
            )
