"""Figures of the learning store for Prometheus."""

from collections.abc import Iterator, Mapping

from wrp_proxy.learning.store import LearningStatus

Row = tuple[str, str, float, Mapping[str, str], bool]
"""Name, meaning, value, labels, whether it only grows."""


def rows(status: LearningStatus) -> Iterator[Row]:
    sharing = status.sharing
    for what, at in (("save", status.saved_at), ("exchange", sharing.exchanged_at)):
        if at is not None:
            about = "Unix time at which what was learnt was last saved, or exchanged"
            yield "wrp_learning_success_seconds", about, at, {"what": what}, False
    for what, failures in (("save", status.failures), ("exchange", sharing.failures)):
        about = "Failures to save or to exchange what was learnt"
        yield "wrp_learning_failures", about, failures, {"what": what}, True
    about = "Sums in Redis that could not be read"
    yield "wrp_learning_damaged", about, sharing.damaged, {}, True
