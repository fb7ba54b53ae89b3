"""Makes what keeps and shows the record of all that was served."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import time

from fastapi import APIRouter

from wrp_proxy.accounting.feedback import FeedbackBook
from wrp_proxy.accounting.figures import Figures, Row
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.accounting.metrics import LiveState, Metrics
from wrp_proxy.accounting.recorder import BackgroundRecorder
from wrp_proxy.accounting.usage_report import UsageReport
from wrp_proxy.api.accounts import accounts_api
from wrp_proxy.catalog import Catalog
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pool_maker import live


@dataclass(frozen=True, slots=True, kw_only=True)
class Accounts:
    """The recorder writes all; the journal keeps it for ever, the metrics for this process."""

    recorder: BackgroundRecorder
    book: FeedbackBook
    metrics: Metrics
    api: APIRouter

    def show(self, figures: Iterable[Callable[[], Iterable[Row]]]) -> None:
        """Have more figures among the metrics."""
        for rows in figures:
            self.metrics.registry.register(Figures(rows))


def make_accounts(state_dir: Path, catalog: Catalog, pool: LocalPool) -> Accounts:
    journal = Journal.open(state_dir / "journal.sqlite3")
    metrics = Metrics(lambda: catalog.models)
    book = FeedbackBook(journal.path, time)
    recorder = BackgroundRecorder([journal, metrics], score_sinks=[book])
    metrics.registry.register(LiveState(partial(live, pool), lambda: recorder.dropped, pool.lines))
    return Accounts(
        recorder=recorder,
        book=book,
        metrics=metrics,
        api=accounts_api(UsageReport(journal.path), recorder.flush, metrics.render),
    )
