"""Asks Anthropic, natively for `/v1/messages` and by translation for chat completions."""

import re
from collections.abc import Callable, Mapping
from time import time

import msgspec

from wrp_proxy.errors import RequestError, UpstreamError
from wrp_proxy.providers.anthropic.answer import MessageDecoder
from wrp_proxy.providers.anthropic.chat import ChatWords
from wrp_proxy.providers.anthropic.errors import error_of
from wrp_proxy.providers.anthropic.native import NativeWords
from wrp_proxy.providers.anthropic.request import to_messages
from wrp_proxy.providers.anthropic.stream import MessageStreamDecoder, Words
from wrp_proxy.providers.anthropic.tools import custom_names
from wrp_proxy.providers.anthropic.usage import UsageTally
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.openai import USER_AGENT, splice
from wrp_proxy.providers.openai_error import NO_SECRET
from wrp_proxy.providers.upstream import Call, Headers
from wrp_proxy.types import ChatRequest, Endpoint

_DEFAULT_MAX_TOKENS = 16384
"""The API has no default of its own; thinking counts, and new models think unasked."""
_VERSION = b"anthropic-version"
_BETA = re.compile(r"[\w.-]+", re.ASCII)
_NEVER = {b"authorization", b"x-api-key", b"cookie", b"host", b"content-length", b"content-type"}
"""Ours to say, or nobody's, whatever a caller sent."""


class AnthropicProvider:
    """Forward messages as received but for the model's name; translate chat completions."""

    def __init__(
        self,
        *,
        base_url: str = "https://api.anthropic.com/v1",
        api_key: str | None,
        version: str = "2023-06-01",
        user_agent: str = USER_AGENT,
        default_max_tokens: int = _DEFAULT_MAX_TOKENS,
        clock: Callable[[], float] = time,
    ) -> None:
        """`clock` tells Unix seconds."""
        self._base_url = base_url.rstrip("/")
        self._secret = api_key.encode() if api_key else NO_SECRET
        self._default_max_tokens = default_max_tokens
        self._clock = clock
        self._version = (_VERSION, version.encode())
        self._headers = (
            (b"content-type", b"application/json"),
            (b"accept-encoding", b"identity"),
            (b"user-agent", user_agent.encode()),
            *(((b"x-api-key", self._secret),) if api_key else ()),
        )

    def encode(self, request: ChatRequest, endpoint: Endpoint) -> Call:
        if request.api == "messages":
            return self._forward(request, endpoint, "messages")
        try:
            body = to_messages(
                request.body,
                endpoint.model,
                stream=request.stream,
                default_max_tokens=self._default_max_tokens,
            )
            return Call(
                url=f"{self._base_url}/messages",
                headers=(*self._headers_for(request), *_betas(request)),
                body=msgspec.json.encode(body),
            )
        except RecursionError as error:
            raise RequestError("The body is nested too deeply.") from error

    def count_tokens(self, request: ChatRequest, endpoint: Endpoint) -> Call:
        """Ask how long a request in the API's own words is."""
        return self._forward(request, endpoint, "messages/count_tokens")

    def decoder(self, request: ChatRequest, endpoint: Endpoint) -> Decoder:
        tally = UsageTally()
        kind = MessageStreamDecoder if request.stream else MessageDecoder
        return kind(self._words(request, tally), tally, secret=self._secret)

    def listing(self) -> Call:
        url = f"{self._base_url}/models?limit=1000"
        return Call(method="GET", url=url, headers=(*self._headers, self._version))

    def error(self, status: int, headers: Mapping[bytes, bytes], body: bytes) -> UpstreamError:
        return error_of(status, headers, body, self._secret)

    def _words(self, request: ChatRequest, tally: UsageTally) -> Words:
        if request.api == "messages":
            return NativeWords()
        return ChatWords(
            tally,
            created=int(self._clock()),
            wants_usage=request.wants_usage,
            custom=custom_names(request.body),
        )

    def _forward(self, request: ChatRequest, endpoint: Endpoint, path: str) -> Call:
        model = {"model": msgspec.Raw(msgspec.json.encode(endpoint.model))}
        query = f"?{request.query}" if request.query else ""
        return Call(
            url=f"{self._base_url}/{path}{query}",
            headers=self._headers_for(request),
            body=splice(request.raw, model, {"cache"}),
        )

    def _headers_for(self, request: ChatRequest) -> Headers:
        """Add the caller's own; of two versions, the caller's counts."""
        passed_on = [(name, value) for name, value in request.passed_on if name not in _NEVER]
        is_versioned = any(name == _VERSION for name, _ in passed_on)
        version = () if is_versioned else (self._version,)
        return (*self._headers, *version, *passed_on)


def _betas(request: ChatRequest) -> Headers:
    """Read `betas`, which Anthropic's own clients turn into a header, too."""
    said = request.body.get("betas")
    names = [n for n in said if isinstance(n, str)] if isinstance(said, list) else []
    known = [name for name in names if _BETA.fullmatch(name)]
    return ((b"anthropic-beta", ",".join(known).encode()),) if known else ()
