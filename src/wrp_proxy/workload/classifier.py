"""Tells what is asked: always what stands in the request, and the signals that are wanted."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from math import isfinite
from time import monotonic, thread_time

from wrp_proxy.signals import UNKNOWN, Signal
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import LARGE_BODY_BYTES, ChatRequest, Outcome, Workload
from wrp_proxy.workload.base import Clock, Findings, Reader, Recogniser
from wrp_proxy.workload.complexity import Complexity
from wrp_proxy.workload.context_length import ContextLength
from wrp_proxy.workload.conversation import Conversation
from wrp_proxy.workload.fingerprint import Fingerprint
from wrp_proxy.workload.guard import Guard
from wrp_proxy.workload.kind import kind_of
from wrp_proxy.workload.language import Language
from wrp_proxy.workload.needs import needs_of
from wrp_proxy.workload.output_length import OutputLength
from wrp_proxy.workload.prompt import Prompt
from wrp_proxy.workload.recognition import CategoryReader, FeatureReader, NoRecogniser
from wrp_proxy.workload.risks import Risks
from wrp_proxy.workload.warmth import Warmth

_NOT_TEXT = frozenset({"vision", "audio"})


def all_readers(recogniser: Recogniser, clock: Clock) -> tuple[Reader, ...]:
    """Make the readers of all signals, in the order in which they build on each other."""
    return (
        FeatureReader(recogniser),
        CategoryReader(recogniser),
        Complexity(),
        Conversation(),
        Fingerprint(),
        Language(),
        Risks(),
        Warmth(clock),
    )


class WorkloadClassifier:
    """Reads each wanted signal under guard; what goes wrong is unknown, and counted.

    Large bodies are read in a thread. Only the readers' memories are shared with it, and the
    estimates, which change on the event loop alone.
    """

    def __init__(
        self,
        context_length: ContextLength,
        recogniser: Recogniser | None = None,
        *,
        readers: Sequence[Reader] | None = None,
        clock: Clock = monotonic,
        timer: Clock = thread_time,
    ) -> None:
        """`readers`: None for those of all signals. `timer` gives the seconds a thread worked."""
        self._context_length = context_length
        self._recogniser = recogniser or NoRecogniser()
        self._readers = all_readers(self._recogniser, clock) if readers is None else readers
        self._output_length = OutputLength()
        self.statistics: tuple[Statistics, ...] = (
            context_length.statistics,
            self._output_length.statistics,
        )
        self.guard = Guard(clock=clock, timer=timer)

    async def classify(
        self, request: ChatRequest, wanted: frozenset[Signal] = frozenset()
    ) -> Workload:
        prompt = Prompt(request)
        if "category" in wanted and prompt.asked:
            await self._recogniser.prepare(prompt.asked)
        if len(request.raw) < LARGE_BODY_BYTES:
            return self._describe(prompt, wanted)
        return await asyncio.to_thread(self._describe, prompt, wanted)

    async def recount(self, request: ChatRequest, workload: Workload) -> Workload:
        """Count the input exactly, in a thread; costs milliseconds.

        Without a tokenizer the estimate has the last word.
        """
        counted = await self._context_length.recount(request.body)
        if counted is None:
            return replace(workload, doubt_tokens=0)
        tokens, doubt = counted
        return replace(
            workload,
            input_tokens=tokens + request.given_tokens,
            tokens_exact=True,
            doubt_tokens=doubt,
        )

    def learn(self, outcome: Outcome) -> None:
        usage, workload = outcome.usage, outcome.workload
        if usage is None or usage.estimated or outcome.score is not None:
            return
        if not workload.needs & _NOT_TEXT and workload.bound_to is None:
            self._context_length.observe(workload, usage.prompt_tokens)
        if outcome.finish == "complete" and workload.api != "embeddings":
            limit = workload.max_output_tokens
            self._output_length.observe(
                workload.category,
                workload.input_tokens,
                usage.completion_tokens,
                is_cut=limit is not None and usage.completion_tokens >= limit,
            )

    def _describe(self, prompt: Prompt, wanted: frozenset[Signal]) -> Workload:
        request = prompt.request
        found, unknown = self._read(prompt, wanted) if wanted else (Findings(), frozenset[str]())
        category = found.get("category", UNKNOWN)
        length = self._context_length.measure(request.body)
        tokens = length.tokens + request.given_tokens
        limit = _output_limit(request)
        needs = needs_of(request.body)
        return Workload(
            input_tokens=tokens,
            tokens_exact=length.is_exact,
            text_bytes=length.text_bytes,
            max_output_tokens=limit,
            expected_output_tokens=self._expected(request, category, tokens, limit),
            kind=kind_of(request, prompt.messages, needs),
            needs=needs,
            tenant=request.tenant,
            unknown=unknown,
            preferences=request.preferences,
            api=request.api,
            native_only=request.native_only,
            bound_to=request.bound_to,
            text_class=length.text_class,
            besides_tokens=length.besides_tokens + request.given_tokens,
            doubt_tokens=length.doubt_tokens,
            **found,
        )

    def _read(self, prompt: Prompt, wanted: frozenset[Signal]) -> tuple[Findings, frozenset[str]]:
        """Read the wanted signals, and the features, by which the category is told."""
        read = wanted | {"features"} if "category" in wanted else wanted
        found = Findings()
        told: set[Signal] = set()
        for reader in self._readers:
            if reader.signal in read and (news := self.guard.read(reader, prompt, found)):
                found.update(news)
                told.add(reader.signal)
        return found, wanted - told

    def _expected(
        self, request: ChatRequest, category: str, input_tokens: int, limit: int | None
    ) -> int:
        if request.api == "embeddings":
            return 0
        expected = self._output_length.expect(category, input_tokens)
        return expected if limit is None else min(limit, expected)


def _output_limit(request: ChatRequest) -> int | None:
    limit = request.body.get("max_completion_tokens") or request.body.get("max_tokens")
    if isinstance(limit, float) and isfinite(limit):
        return int(limit)
    return limit if isinstance(limit, int) and not isinstance(limit, bool) else None
