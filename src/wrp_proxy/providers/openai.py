"""The OpenAI protocol, of OpenAI itself and of every compatible vendor."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from wrp_proxy import __version__
from wrp_proxy.errors import RequestError, UpstreamError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.embeddings import EmbeddingsDecoder
from wrp_proxy.providers.openai_answer import OpenAIAnswerDecoder
from wrp_proxy.providers.openai_error import NO_SECRET, error_of
from wrp_proxy.providers.openai_responses import (
    ResponsesAnswerDecoder,
    ResponsesStreamDecoder,
)
from wrp_proxy.providers.openai_stream import OpenAIStreamDecoder
from wrp_proxy.providers.upstream import Call
from wrp_proxy.types import Api, ChatRequest, Endpoint

USER_AGENT = f"wrp-proxy/{__version__}"
_PATHS: Mapping[Api, str] = {
    "chat": "chat/completions",
    "completions": "completions",
    "embeddings": "embeddings",
    "responses": "responses",
}
_WITH_STREAM_OPTIONS: frozenset[Api] = frozenset({"chat", "completions"})
_INCLUDE_USAGE = msgspec.Raw(b'{"include_usage":true}')


class OpenAIProvider:
    """Forward the body as received but for the model's name and `stream_options`.

    `stream_usage` False is for vendors that refuse `stream_options` and report usage unasked.
    """

    def __init__(  # noqa: PLR0913 - keywords only: the habits of a vendor
        self,
        *,
        base_url: str,
        api_key: str | None,
        key_header: str = "authorization",
        stream_usage: bool = True,
        output_limit: str = "max_tokens",
        user_agent: str = USER_AGENT,
        query: str = "",
    ) -> None:
        """`base_url` may hold `{model}`, for addresses that name the model, and `query` follows."""
        suffix = f"?{query}" if query else ""
        self._url = f"{base_url.rstrip('/')}/{{path}}{suffix}"
        self._urls = {api: self._url.replace("{path}", path) for api, path in _PATHS.items()}
        self._names_model = "{model}" in base_url
        self._stream_usage = stream_usage
        self._output_limit = output_limit
        self._secret = api_key.encode() if api_key else NO_SECRET
        self._headers = (
            (b"content-type", b"application/json"),
            (b"accept-encoding", b"identity"),
            (b"user-agent", user_agent.encode()),
            *_credentials(key_header, api_key),
        )

    def encode(self, request: ChatRequest, endpoint: Endpoint) -> Call:
        changes = {"model": msgspec.Raw(msgspec.json.encode(endpoint.model))}
        removals = {"cache"}
        if request.api in _WITH_STREAM_OPTIONS:
            if request.stream and self._stream_usage:
                changes["stream_options"] = _stream_options(request.body.get("stream_options"))
            else:
                removals.add("stream_options")
        if request.is_translated and self._output_limit != "max_tokens":
            if (limit := request.body.get("max_tokens")) is not None:
                changes[self._output_limit] = msgspec.Raw(msgspec.json.encode(limit))
            removals.add("max_tokens")
        url = self._urls[request.api]
        if self._names_model:
            url = url.replace("{model}", quote(endpoint.model, safe=""))
        return Call(
            url=url,
            headers=(*self._headers, *request.passed_on) if request.passed_on else self._headers,
            body=splice(request.raw, changes, removals),
        )

    def decoder(self, request: ChatRequest, endpoint: Endpoint) -> Decoder:
        if request.api == "embeddings":
            return EmbeddingsDecoder(request.own.get("encoding_format"), secret=self._secret)
        if request.api == "responses":
            kind = ResponsesStreamDecoder if request.stream else ResponsesAnswerDecoder
            return kind(secret=self._secret)
        if not request.stream:
            return OpenAIAnswerDecoder(secret=self._secret)
        return OpenAIStreamDecoder(
            choices=_choices(request), wants_usage=request.wants_usage, secret=self._secret
        )

    def listing(self) -> Call | None:
        if self._names_model:
            return None
        return Call(method="GET", url=self._url.replace("{path}", "models"), headers=self._headers)

    def stored_response(self, method: str, response_id: str) -> Call:
        """GET or DELETE a response that the vendor keeps."""
        path = f"responses/{quote(response_id, safe='')}"
        url = self._url.replace("{path}", path)
        return Call(method=method, url=url, headers=self._headers)

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


def _choices(request: ChatRequest) -> int:
    """Count the choices asked for: `n` of them for each prompt."""
    asked = request.body.get("n")
    each = int(asked) if isinstance(asked, int | float) else 1
    prompts = request.own.get("prompt")
    is_many = isinstance(prompts, list) and prompts and not isinstance(prompts[0], int)
    return each * len(prompts) if is_many and prompts else each


def _credentials(key_header: str, api_key: str | None) -> tuple[tuple[bytes, bytes], ...]:
    if api_key is None:
        return ()
    value = f"Bearer {api_key}" if key_header == "authorization" else api_key
    return ((key_header.encode(), value.encode()),)
