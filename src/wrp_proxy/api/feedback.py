"""`POST /v1/feedback`: what somebody thinks of an answer."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal, Protocol

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool

from wrp_proxy.accounting.feedback import Answered, Feedback, FeedbackBook
from wrp_proxy.api.callers import Caller
from wrp_proxy.api.front import CALLER
from wrp_proxy.api.own_bodies import read_own
from wrp_proxy.errors import NotFoundError, RequestError

Verdict = Literal["good_fit", "underpowered", "overprovisioned", "failed"]
_SCORES: dict[str, float] = {
    "good_fit": 1.0,
    "overprovisioned": 0.9,
    "underpowered": 0.3,
    "failed": 0.0,
}
_RIGHT_FROM, _WRONG_TO = 0.8, 0.2


class Heed(Protocol):
    """Tells the cache whether the answer of an entry was right."""

    def __call__(
        self, entry_id: str, similarity: float | None, key: tuple[str, str], *, right: bool
    ) -> Awaitable[int]:
        """Return how many entries were given up for it."""
        ...


class _Said(BaseModel):
    model_config = ConfigDict(extra="forbid")

    request_id: Annotated[str, Field(min_length=1, max_length=128)]
    score: Annotated[float | None, Field(ge=0, le=1, allow_inf_nan=False)] = None
    verdict: Verdict | None = None
    source: Annotated[str, Field(min_length=1, max_length=64)] = "user"
    comment: Annotated[str | None, Field(max_length=2000)] = None
    preferred: Annotated[str | None, Field(max_length=256)] = None


def feedback_api(book: FeedbackBook, flush: Callable[[], None], heed: Heed) -> APIRouter:
    """`flush` writes pending records; it and the book block, so they run in a thread."""
    api = APIRouter(tags=["feedback"])

    @api.post("/v1/feedback")
    @api.post("/feedback", include_in_schema=False)
    async def feedback(http: Request) -> dict[str, Any]:
        """Take an opinion on a complete answer of the last seven days."""
        given = _feedback(await read_own(http, _Said))
        caller: Caller = http.scope[CALLER]
        tenant = None if caller.is_admin else caller.tenant

        def save() -> tuple[Answered, bool] | None:
            flush()
            answered = book.find(given.request_id, tenant)
            return (answered, book.save(answered.tenant, given)) if answered else None

        saved = await run_in_threadpool(save)
        if saved is None:
            raise NotFoundError(
                f"There is no complete answer '{given.request_id}' of yours within seven days; "
                "it is the x-request-id of an answer.",
                param="request_id",
            )
        answered, is_replaced = saved
        return {
            "object": "feedback",
            "request_id": given.request_id,
            "score": given.score,
            "verdict": given.verdict,
            "source": given.source,
            "replaced": is_replaced,
            "evicted": await _heeded(heed, answered, given.score),
        }

    return api


def _feedback(said: _Said) -> Feedback:
    if (said.score is None) == (said.verdict is None):
        raise RequestError("Say either score (0 to 1) or verdict.", param="score")
    score = _SCORES[said.verdict] if said.verdict is not None else said.score
    return Feedback(
        request_id=said.request_id,
        score=score or 0.0,
        verdict=said.verdict,
        source=said.source,
        comment=said.comment,
        preferred=said.preferred,
    )


async def _heeded(heed: Heed, answered: Answered, score: float) -> int:
    """Let the cache learn from what is clearly right or wrong."""
    if answered.entry_id is None or _WRONG_TO < score < _RIGHT_FROM:
        return 0
    key = (answered.route, answered.category)
    return await heed(answered.entry_id, answered.similarity, key, right=score >= _RIGHT_FROM)
