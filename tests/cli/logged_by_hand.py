"""A journal as a proxy would have written it, whose strategy drew its choices."""

import random
from dataclasses import replace
from pathlib import Path

from tests.unit.evaluation.recorded import COST_USD, META, TRUTH
from tests.unit.nouns import outcome, workload
from wrp_proxy.accounting.feedback import FeedbackBook
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome

POOL: list[str] = META["pool"]


def write_journal(path: Path, *, count: int, propensity: float = 1 / 3) -> Path:
    """Write requests of two kinds, each with what somebody said of the answer."""
    draw = random.Random(1)  # noqa: S311 - reproducible, not secret
    graded = [_graded(number, draw, propensity) for number in range(count)]
    journal = Journal.open(path)
    journal.write([replace(one, score=None) for one in graded])
    journal.close()
    FeedbackBook(path, lambda: 2000.0).write(graded)
    return path


def _graded(number: int, draw: random.Random, propensity: float) -> Outcome:
    kind, model = draw.choice(list(TRUTH)), draw.choice(POOL)
    return outcome(
        request_id=f"req_{number}",
        started_at=1000.0 + number,
        model=model,
        router="weighted",
        propensity=propensity,
        cost_usd=COST_USD[model],
        workload=workload(category=kind, probabilities={kind: 1.0}),
        score=Score(value=float(draw.random() < TRUTH[kind][model])),
    )
