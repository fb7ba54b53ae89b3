"""What the proxy asks models for itself: through its own pipeline, recorded and billed as any."""

from collections.abc import Mapping, Sequence
from secrets import token_hex
from typing import Any

import msgspec

from wrp_proxy.dialects.base import Dialect
from wrp_proxy.errors import UpstreamError
from wrp_proxy.pipeline import Pipeline
from wrp_proxy.trace import Trace
from wrp_proxy.types import Api, CacheControl, ChatRequest

TENANT = "wrp-cache"
"""Who stands in the records of such calls."""
_PAST_THE_CACHE = CacheControl(reads=False, writes=False)


class _Said(msgspec.Struct):
    content: str | None = None


class _Choice(msgspec.Struct):
    message: _Said


class _Chat(msgspec.Struct):
    choices: list[_Choice]


class _Vector(msgspec.Struct):
    embedding: list[float]
    index: int = 0


class _Vectors(msgspec.Struct):
    data: list[_Vector]


class InnerCalls:
    """Knows the pipeline only once that is built, for the cache in it makes such calls."""

    def __init__(self, dialects: Mapping[Api, Dialect]) -> None:
        self._dialects = dialects
        self._pipeline: Pipeline | None = None

    def go_through(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline

    async def chat(
        self, model: str, messages: Sequence[Mapping[str, str]]
    ) -> tuple[str, float | None]:
        """Return what a model says, and the cost in USD; raise WrpError where it fails."""
        answer, cost_usd = await self._ask("chat", {"model": model, "messages": list(messages)})
        try:
            said = msgspec.json.decode(answer, type=_Chat).choices[0].message.content
        except (msgspec.DecodeError, IndexError) as error:
            raise UpstreamError("The model's answer is none.") from error
        return said or "", cost_usd

    async def embeddings(self, model: str, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector for each text; raise WrpError where that fails."""
        body = {"model": model, "input": list(texts), "encoding_format": "float"}
        answer, _ = await self._ask("embeddings", body)
        try:
            vectors = msgspec.json.decode(answer, type=_Vectors).data
        except msgspec.DecodeError as error:
            raise UpstreamError("The model's embeddings are none.") from error
        return [vector.embedding for vector in sorted(vectors, key=lambda one: one.index)]

    async def _ask(self, api: Api, own: dict[str, Any]) -> tuple[bytes, float | None]:
        if self._pipeline is None:
            raise UpstreamError("The proxy is still starting.")
        request = ChatRequest(
            id=f"wrp-cache-{token_hex(8)}",
            tenant=TENANT,
            session=None,
            model=own["model"],
            body=self._dialects[api].to_chat(own).body,
            raw=msgspec.json.encode(own),
            api=api,
            own=own,
            cache=_PAST_THE_CACHE,
        )
        trace = Trace(request)
        answer = b"".join([piece async for piece in self._pipeline.answer(request, trace)])
        return answer, trace.answered.cost_usd if trace.answered else None
