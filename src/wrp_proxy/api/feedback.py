"""`POST /v1/feedback`: what somebody thinks of an answer, or of a session."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import monotonic
from typing import Annotated, Any, Literal, Protocol

import msgspec
from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from wrp_proxy.accounting.feedback import Feedback, FeedbackBook, Taken
from wrp_proxy.api.callers import Caller
from wrp_proxy.api.front import CALLER
from wrp_proxy.api.idempotency import Idempotency
from wrp_proxy.api.once import Once
from wrp_proxy.api.own_bodies import read_own
from wrp_proxy.errors import ModelNotFoundError, NotFoundError, RequestError
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome

Verdict = Literal["good_fit", "underpowered", "overprovisioned", "failed"]
_SCORES: dict[str, float] = {
    "good_fit": 1.0,
    "overprovisioned": 0.9,
    "underpowered": 0.3,
    "failed": 0.0,
}
"""What models are learnt of: an answer of a model that was more than needed is a good one, and
that a cheaper model would do is left to what it costs.
"""
_RIGHT_FROM, _WRONG_TO = 0.8, 0.2
_OF_THE_PROXY = ("auto:", "verifier:", "shadow")
_PREFERRED_WEIGHT = 0.5
"""Nobody has seen what the preferred model would have said."""

Learn = Callable[[Outcome], None]


class Heed(Protocol):
    """Tells the cache whether the answer of an entry was right."""

    def __call__(
        self, entry_id: str, similarity: float | None, key: tuple[str, str], *, right: bool
    ) -> Awaitable[int]:
        """Return how many entries were given up for it."""
        ...


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")

    request_id: Annotated[str | None, Field(min_length=1, max_length=128)] = None
    session: Annotated[str | None, Field(min_length=1, max_length=256)] = None
    score: Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False)] = None
    verdict: Verdict | None = None
    source: Annotated[str, Field(min_length=1, max_length=64)] = "user"
    comment: Annotated[str | None, Field(max_length=2000)] = None
    preferred: Annotated[str | None, Field(max_length=256)] = None


def feedback_api(
    book: FeedbackBook,
    flush: Callable[[], None],
    heed: Heed,
    *,
    learn: Learn = lambda outcome: None,
    knows_model: Callable[[str], bool] = lambda name: True,
    idempotency: Idempotency | None = None,
) -> APIRouter:
    """`flush` writes pending records; it and the book block, so they run in a thread.

    `learn` hears of every answer that an opinion is about, on the event loop.
    """
    api = APIRouter(tags=["feedback"])
    kept = idempotency or Idempotency(clock=monotonic)
    desk = _Desk(book, flush, heed, learn)

    @api.post("/v1/feedback")
    @api.post("/feedback", include_in_schema=False)
    async def feedback(http: Request) -> Response:
        """Take an opinion on complete answers of the last seven days."""
        said = await read_own(http, _Said)
        caller: Caller = http.scope[CALLER]
        tenant = None if caller.is_admin else caller.tenant
        take = partial(desk.take, _feedback(said, knows_model), tenant)
        key = caller.headers.get(b"idempotency-key")
        if key is None:
            return Response(await take(), media_type="application/json")
        slot = (caller.tenant, "feedback", key)
        return Once(kept, slot, said.model_dump_json().encode(), take)

    return api


@dataclass(frozen=True, slots=True)
class _Desk:
    book: FeedbackBook
    flush: Callable[[], None]
    heed: Heed
    learn: Learn

    async def take(self, given: Feedback, tenant: str | None) -> bytes:
        """Write an opinion down, let models and the cache learn from it, and reply in JSON."""
        taken = await run_in_threadpool(self._save, given, tenant)
        if not taken:
            raise _not_found(given)
        for outcome in _lessons(taken, given.preferred):
            self.learn(outcome)
        evicted = await _heeded(self.heed, given, taken)
        return msgspec.json.encode(_reply(given, taken, evicted))

    def _save(self, given: Feedback, tenant: str | None) -> list[Taken]:
        self.flush()
        return self.book.take(given, tenant)


def _feedback(said: _Said, knows_model: Callable[[str], bool]) -> Feedback:
    if (said.request_id is None) == (said.session is None):
        raise RequestError("Say either request_id or session.", param="request_id")
    if (said.score is None) == (said.verdict is None):
        raise RequestError("Say either score (0 to 1) or verdict.", param="score")
    if said.source.startswith(_OF_THE_PROXY):
        raise RequestError(
            f"The source '{said.source}' is one of the proxy's own; say whose opinion it is.",
            param="source",
        )
    if said.preferred is not None and not knows_model(said.preferred):
        raise ModelNotFoundError(
            f"The model '{said.preferred}' does not exist. GET /v1/models lists what there is.",
            param="preferred",
        )
    score = _SCORES[said.verdict] if said.verdict is not None else said.score
    return Feedback(
        request_id=said.request_id,
        session=said.session,
        score=score or 0.0,
        verdict=said.verdict,
        source=said.source,
        comment=said.comment,
        preferred=said.preferred,
    )


def _not_found(given: Feedback) -> NotFoundError:
    if given.request_id is None:
        return NotFoundError(
            f"There is no complete answer of yours in a session '{given.session}' within seven "
            "days; it is the x-session-id or x-conversation-id of requests.",
            param="session",
        )
    return NotFoundError(
        f"There is no complete answer '{given.request_id}' of yours within seven days; "
        "it is the x-request-id of an answer.",
        param="request_id",
    )


def _lessons(taken: Sequence[Taken], preferred: str | None) -> Iterator[Outcome]:
    """Tell of the models that answered, and of one that would have been better, once."""
    for one in taken:
        outcome, score = one.outcome, one.outcome.score
        yield outcome
        if preferred in {None, outcome.model, one.was_preferred} or score is None:
            continue
        better = Score(value=1.0, weight=_PREFERRED_WEIGHT * score.weight, source=score.source)
        yield replace(outcome, model=preferred or "", score=better)


def _reply(given: Feedback, taken: Sequence[Taken], evicted: int) -> dict[str, Any]:
    scores = [one.outcome.score for one in taken]
    return {
        "object": "feedback",
        "request_id": given.request_id,
        "session": given.session,
        "answers": len(taken),
        "score": given.score,
        "verdict": given.verdict,
        "source": given.source,
        "replaced": any(score is not None and score.replaces is not None for score in scores),
        "evicted": evicted,
    }


async def _heeded(heed: Heed, given: Feedback, taken: Sequence[Taken]) -> int:
    """Let the cache learn from what is clearly right or wrong of one answer, not of many."""
    if given.request_id is None or _WRONG_TO < given.score < _RIGHT_FROM:
        return 0
    answer = taken[0].outcome
    if answer.entry_id is None:
        return 0
    key = (answer.route, answer.workload.category)
    return await heed(answer.entry_id, answer.similarity, key, right=given.score >= _RIGHT_FROM)
