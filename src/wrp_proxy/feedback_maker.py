"""Makes what takes opinions on answers, and finds out how far those who judge can be believed."""

import asyncio
import sqlite3
from collections.abc import Callable
from functools import partial
from itertools import chain

import structlog
from fastapi import APIRouter

from wrp_proxy.accounting.feedback import FeedbackBook
from wrp_proxy.api.feedback import feedback_api
from wrp_proxy.api.idempotency import Idempotency
from wrp_proxy.cache.heeding import Heeding
from wrp_proxy.catalog import Catalog
from wrp_proxy.grading.debiasing import JUDGE, Debiasing, pairs
from wrp_proxy.grading.recent import Recent
from wrp_proxy.routing_maker import knows_model, learn

_EVERY_S = 3600.0
_REMEMBERED_S = 30 * 24 * 3600.0
"""A judge may be another model meanwhile."""


def make_feedback(  # noqa: PLR0913 - keywords only, filled by the composition root
    *,
    book: FeedbackBook,
    flush: Callable[[], None],
    heeding: Heeding,
    catalog: Catalog,
    idempotency: Idempotency,
    debiasing: Debiasing,
    recent: Recent,
) -> APIRouter:
    return feedback_api(
        book,
        flush,
        heeding.heed,
        learn=debiasing.before(recent.before(partial(learn, catalog))),
        knows_model=partial(knows_model, catalog),
        idempotency=idempotency,
    )


async def estimate_judges(book: FeedbackBook, debiasing: Debiasing) -> None:
    """Compare judges with people, at start and every hour, until cancelled."""
    while True:
        try:
            said = await asyncio.to_thread(book.beside, JUDGE, book.clock() - _REMEMBERED_S)
        except sqlite3.Error as error:
            log = structlog.get_logger("wrp_proxy.grading")
            log.warning("judges cannot be compared with people", reason=str(error))
        else:
            debiasing.estimate(chain.from_iterable(map(pairs, said)))
        await asyncio.sleep(_EVERY_S)
