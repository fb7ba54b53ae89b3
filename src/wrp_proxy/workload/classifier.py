"""The thin classifier: context length, kind and needs; the category stays `unknown`."""

import asyncio

from wrp_proxy.signals import Signal
from wrp_proxy.types import LARGE_BODY_BYTES, ChatRequest, Outcome, Workload
from wrp_proxy.workload.context_length import ContextLength
from wrp_proxy.workload.needs import needs_of

_EXPECTED_OUTPUT_TOKENS = 256
"""Prior where the caller sets no limit; nothing is learnt about it yet."""


class ThinClassifier:
    """Tell what can be seen in the request itself."""

    def __init__(self, context_length: ContextLength) -> None:
        self._context_length = context_length

    async def classify(
        self, request: ChatRequest, wanted: frozenset[Signal] = frozenset()
    ) -> Workload:
        if len(request.raw) < LARGE_BODY_BYTES:
            return self._describe(request)
        return await asyncio.to_thread(self._describe, request)

    def _describe(self, request: ChatRequest) -> Workload:
        input_tokens, tokens_exact, text_bytes = self._context_length.measure(request.body)
        input_tokens += request.given_tokens
        max_output_tokens = _output_limit(request)
        expected = 0 if request.api == "embeddings" else _EXPECTED_OUTPUT_TOKENS
        needs = needs_of(request.body)
        return Workload(
            input_tokens=input_tokens,
            tokens_exact=tokens_exact,
            text_bytes=text_bytes,
            max_output_tokens=max_output_tokens,
            expected_output_tokens=min(max_output_tokens or expected, expected),
            kind="agent" if "tools" in needs else "chat",
            needs=needs,
            api=request.api,
            native_only=request.native_only,
            bound_to=request.bound_to,
        )

    def learn(self, outcome: Outcome) -> None:
        usage, workload = outcome.usage, outcome.workload
        if usage is None or usage.estimated:
            return
        if not workload.needs & {"vision", "audio"} and workload.bound_to is None:
            self._context_length.observe(workload.text_bytes, usage.prompt_tokens)


def _output_limit(request: ChatRequest) -> int | None:
    limit = request.body.get("max_completion_tokens") or request.body.get("max_tokens")
    return int(limit) if isinstance(limit, int | float) else None
