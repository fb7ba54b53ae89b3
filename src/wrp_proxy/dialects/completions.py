"""`/v1/completions` for upstreams that only chat: a prompt becomes a user's message."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

import msgspec

from wrp_proxy.dialects.base import Translation
from wrp_proxy.dialects.limits import check_positive
from wrp_proxy.errors import DisconnectedError, RequestError, WrpError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.openai_error import envelope, error_event
from wrp_proxy.providers.sse import data_of, split_events
from wrp_proxy.types import ChatRequest, Chunk, Usage

_SAME = (
    "model",
    "stream",
    "stream_options",
    "max_tokens",
    "temperature",
    "top_p",
    "n",
    "stop",
    "seed",
    "user",
    "presence_penalty",
    "frequency_penalty",
    "logit_bias",
)
_NATIVE_ONLY = ("suffix", "echo", "best_of", "logprobs")


class CompletionsDialect:
    """What is more than one prompt of text cannot be put into messages."""

    def to_chat(self, body: Mapping[str, Any]) -> Translation:
        for name in ("max_tokens", "n"):
            if (value := body.get(name)) is not None:
                check_positive(name, value)
        prompt = body.get("prompt", "")
        texts = _texts(prompt)
        chat: dict[str, Any] = {name: body[name] for name in _SAME if name in body}
        chat["messages"] = [{"role": "user", "content": text} for text in texts]
        return Translation(body=chat, native_only=_native_only(body, prompt, texts))

    def forwarded(self, raw: bytes) -> bytes:
        return raw

    def decoder(self, request: ChatRequest, chat: Decoder) -> Decoder:
        return _TextDecoder(request, chat)

    def error(self, error: WrpError) -> bytes:
        return envelope(error)

    def error_event(self, error: WrpError) -> bytes:
        return error_event(error)


def tokens_in(prompt: object) -> int:
    """Count the tokens that are given as numbers, in one list or in several."""
    if not isinstance(prompt, list):
        return 0
    lists = [item for item in prompt if isinstance(item, list)]
    return sum(map(_is_token, chain(prompt, *lists)))


def _is_token(item: object) -> bool:
    return isinstance(item, int) and not isinstance(item, bool)


def _texts(prompt: object) -> list[str]:
    if isinstance(prompt, str):
        return [prompt]
    if isinstance(prompt, list) and all(isinstance(item, str) for item in prompt) and prompt:
        return prompt
    if tokens_in(prompt):
        return []
    if prompt is None:
        return [""]
    raise RequestError(
        "prompt must be a text, a list of texts, or tokens as numbers.", param="prompt"
    )


def _native_only(body: Mapping[str, Any], prompt: object, texts: list[str]) -> str | None:
    if tokens_in(prompt):
        return "a prompt of tokens"
    if not texts[0]:
        return "a completion of nothing"
    if len(texts) > 1:
        return "several prompts at once"
    return next((name for name in _NATIVE_ONLY if body.get(name)), None)


class _TextDecoder:
    """Chat's answer as a text completion, plain or streamed."""

    def __init__(self, request: ChatRequest, chat: Decoder) -> None:
        self._request = request
        self._chat = chat
        self._wants_usage = request.wants_usage

    @property
    def usage(self) -> Usage | None:
        return self._chat.usage

    @property
    def done(self) -> bool:
        return self._chat.done

    def feed(self, piece: bytes) -> Sequence[Chunk]:
        return self._told(self._chat.feed(piece))

    def close(self) -> Sequence[Chunk]:
        return self._told(self._chat.close())

    def estimate(self) -> int:
        return self._chat.estimate()

    def failure(self, error: WrpError) -> bytes:
        return error_event(error)

    def _told(self, chunks: Sequence[Chunk]) -> Sequence[Chunk]:
        if not self._request.stream:
            return [Chunk(data=_answer(chunk.data), content=True) for chunk in chunks]
        told = [self._told_events(chunk) for chunk in chunks]
        return [chunk for chunk in told if chunk.data]

    def _told_events(self, chunk: Chunk) -> Chunk:
        events = [self._event(event) for event in split_events(chunk.data)]
        return Chunk(data=b"".join(events), content=chunk.content)

    def _event(self, event: bytes) -> bytes:
        payload = data_of(event)
        if not payload or payload == b"[DONE]":
            return event
        said = _parse(payload)
        choices = said.get("choices") or []
        if not choices and not self._wants_usage:
            return b""
        told = {
            **said,
            "object": "text_completion",
            "choices": [_choice(choice, "delta") for choice in choices],
        }
        return b"data: %b\n\n" % msgspec.json.encode(told)


def _answer(body: bytes) -> bytes:
    said = _parse(body)
    choices = [_choice(choice, "message") for choice in said.get("choices") or []]
    return msgspec.json.encode({**said, "object": "text_completion", "choices": choices})


def _choice(choice: object, name: str) -> dict[str, Any]:
    fields = choice if isinstance(choice, dict) else {}
    message = fields.get(name)
    text = message.get("content") if isinstance(message, dict) else None
    return {
        "index": fields.get("index", 0),
        "text": text if isinstance(text, str) else "",
        "logprobs": None,
        "finish_reason": fields.get("finish_reason"),
    }


def _parse(payload: bytes) -> dict[str, Any]:
    try:
        said = msgspec.json.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise DisconnectedError("The upstream's answer is malformed.") from error
    if not isinstance(said, dict):
        raise DisconnectedError("The upstream's answer is not a JSON object.")
    return said
