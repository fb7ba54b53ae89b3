"""`/v1/embeddings`: never translated; only seen in chat's words, to be counted and routed."""

from collections.abc import Mapping
from typing import Any

from wrp_proxy.dialects.base import Translation
from wrp_proxy.dialects.completions import tokens_in
from wrp_proxy.errors import RequestError, WrpError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.openai_error import envelope, error_event
from wrp_proxy.types import ChatRequest


class EmbeddingsDialect:
    """No chat model makes embeddings."""

    def to_chat(self, body: Mapping[str, Any]) -> Translation:
        given = body.get("input")
        texts = [given] if isinstance(given, str) else given
        if not isinstance(texts, list) or not texts or not _is_input(texts):
            raise RequestError(
                "input must be a text, a list of texts, or tokens as numbers.", param="input"
            )
        messages = [{"role": "user", "content": t} for t in texts if isinstance(t, str)]
        return Translation(body={"model": body.get("model"), "messages": messages})

    def forwarded(self, raw: bytes) -> bytes:
        return raw

    def decoder(self, request: ChatRequest, chat: Decoder) -> Decoder:
        raise NotImplementedError

    def error(self, error: WrpError) -> bytes:
        return envelope(error)

    def error_event(self, error: WrpError) -> bytes:
        return error_event(error)


def _is_input(texts: list[Any]) -> bool:
    if isinstance(texts[0], str):
        return all(isinstance(text, str) for text in texts)
    lists = texts if isinstance(texts[0], list) else [texts]
    return all(
        isinstance(tokens, list) and 0 < len(tokens) == tokens_in(tokens) for tokens in lists
    )
