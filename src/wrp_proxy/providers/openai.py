"""The OpenAI protocol: chat completions of OpenAI itself and of every compatible vendor."""

from collections.abc import Mapping
from typing import Any

import msgspec

from wrp_proxy import __version__
from wrp_proxy.errors import RequestError, UpstreamError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.openai_answer import OpenAIAnswerDecoder
from wrp_proxy.providers.openai_error import NO_SECRET, error_of
from wrp_proxy.providers.openai_stream import OpenAIStreamDecoder
from wrp_proxy.providers.upstream import Call
from wrp_proxy.types import ChatRequest, Endpoint

_INCLUDE_USAGE = msgspec.Raw(b'{"include_usage":true}')


class OpenAIProvider:
    """Forward the body as received but for the model's name and `stream_options`.

    `stream_usage` False is for vendors that refuse `stream_options` and report usage unasked.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str | None,
        key_header: str = "authorization",
        stream_usage: bool = True,
    ) -> None:
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._stream_usage = stream_usage
        self._secret = api_key.encode() if api_key else NO_SECRET
        self._headers = (
            (b"content-type", b"application/json"),
            (b"accept-encoding", b"identity"),
            (b"user-agent", f"wrp-proxy/{__version__}".encode()),
            *_credentials(key_header, api_key),
        )

    def encode(self, request: ChatRequest, endpoint: Endpoint) -> Call:
        changes = {"model": msgspec.Raw(msgspec.json.encode(endpoint.model))}
        removals = set()
        if request.stream and self._stream_usage:
            changes["stream_options"] = _stream_options(request.body.get("stream_options"))
        else:
            removals.add("stream_options")
        return Call(
            url=self._url, headers=self._headers, body=splice(request.raw, changes, removals)
        )

    def decoder(self, request: ChatRequest) -> Decoder:
        if not request.stream:
            return OpenAIAnswerDecoder(secret=self._secret)
        return OpenAIStreamDecoder(
            choices=request.body.get("n") or 1,
            wants_usage=request.wants_usage,
            secret=self._secret,
        )

    def error(self, status: int, headers: Mapping[bytes, bytes], body: bytes) -> UpstreamError:
        return error_of(status, headers, body, self._secret)


def splice(raw: bytes, changes: Mapping[str, msgspec.Raw], removals: set[str]) -> bytes:
    """Exchange top-level fields of a JSON object; every other value keeps its own bytes."""
    try:
        fields = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])
    except msgspec.DecodeError as error:
        raise RequestError("The body is not a JSON object.") from error
    for name in removals:
        fields.pop(name, None)
    return msgspec.json.encode({**fields, **changes})


def _stream_options(asked: object) -> msgspec.Raw:
    if not isinstance(asked, dict) or not asked:
        return _INCLUDE_USAGE
    options: dict[str, Any] = {**asked, "include_usage": True}
    return msgspec.Raw(msgspec.json.encode(options))


def _credentials(key_header: str, api_key: str | None) -> tuple[tuple[bytes, bytes], ...]:
    if api_key is None:
        return ()
    value = f"Bearer {api_key}" if key_header == "authorization" else api_key
    return ((key_header.encode(), value.encode()),)
