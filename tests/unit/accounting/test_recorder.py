"""Recording never fails and never waits; what can be written gets written."""

import sqlite3
import threading
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.nouns import outcome, usage
from wrp_proxy.accounting.feedback import FeedbackBook
from wrp_proxy.accounting.graded import read_graded
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.accounting.recorder import BackgroundRecorder
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome


@dataclass(slots=True)
class FakeSink:
    """Keeps the ids of what it is given, unless it is broken."""

    is_broken: bool = False
    ids: list[str] = field(default_factory=list)
    offered: list[int] = field(default_factory=list)
    is_closed: bool = False

    def write(self, outcomes: Sequence[Outcome]) -> None:
        self.offered.append(len(outcomes))
        if self.is_broken:
            raise OSError("the disk is full")
        self.ids += [written.request_id for written in outcomes]

    def close(self) -> None:
        self.is_closed = True


def numbered(*numbers: int) -> list[Outcome]:
    return [outcome(request_id=str(number)) for number in numbers]


def record(recorder: BackgroundRecorder, *numbers: int) -> None:
    for each in numbered(*numbers):
        recorder.record(each)


def test_what_is_recorded_is_written_in_its_order_on_flush() -> None:
    sink = FakeSink()
    recorder = BackgroundRecorder([sink])

    record(recorder, 1, 2, 3)
    assert sink.ids == []
    recorder.flush()
    recorder.flush()

    assert sink.ids == ["1", "2", "3"]
    assert sink.offered == [3]


def test_every_sink_gets_everything() -> None:
    sinks = [FakeSink(), FakeSink()]
    recorder = BackgroundRecorder(sinks)

    record(recorder, 1, 2)
    recorder.flush()

    assert [sink.ids for sink in sinks] == [["1", "2"]] * 2


def test_a_broken_sink_is_offered_its_records_again_and_hurts_no_other() -> None:
    broken, sound = FakeSink(is_broken=True), FakeSink()
    recorder = BackgroundRecorder([broken, sound])

    record(recorder, 1)
    recorder.flush()
    record(recorder, 2)
    recorder.flush()
    assert (broken.ids, sound.ids) == ([], ["1", "2"])
    broken.is_broken = False
    recorder.flush()

    assert broken.ids == ["1", "2"]
    assert sound.ids == ["1", "2"]
    assert recorder.dropped == 0


def test_records_that_wait_to_be_flushed_are_bounded() -> None:
    sink = FakeSink()
    recorder = BackgroundRecorder([sink], max_pending=3)

    record(recorder, 1, 2, 3, 4, 5)
    recorder.flush()

    assert sink.ids == ["1", "2", "3"]
    assert recorder.dropped == 2


def test_records_that_wait_for_a_broken_sink_are_bounded() -> None:
    broken = FakeSink(is_broken=True)
    recorder = BackgroundRecorder([broken], max_pending=3)

    for number in range(5):
        record(recorder, number)
        recorder.flush()
    broken.is_broken = False
    recorder.flush()

    assert broken.ids == ["2", "3", "4"]
    assert max(broken.offered) <= 4
    assert recorder.dropped == 2


def test_recording_goes_on_after_a_flush() -> None:
    sink = FakeSink()
    recorder = BackgroundRecorder([sink], max_pending=2)

    for number in range(10):
        record(recorder, number)
        recorder.flush()

    assert len(sink.ids) == 10
    assert recorder.dropped == 0


def test_records_of_many_threads_are_all_written() -> None:
    sink = FakeSink()
    recorder = BackgroundRecorder([sink])
    ready = threading.Barrier(9)

    def work(start: int) -> None:
        ready.wait(10)
        record(recorder, *range(start, start + 500))

    threads = [threading.Thread(target=work, args=(500 * number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    ready.wait(10)
    while any(thread.is_alive() for thread in threads):
        recorder.flush()
    for thread in threads:
        thread.join()
    recorder.flush()

    assert sorted(map(int, sink.ids)) == list(range(4000))
    assert recorder.dropped == 0


def test_two_flushes_at_the_same_time_write_nothing_twice() -> None:
    sink = FakeSink()
    recorder = BackgroundRecorder([sink])
    record(recorder, *range(1000))

    threads = [threading.Thread(target=recorder.flush) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sink.ids == [str(number) for number in range(1000)]


def test_closing_writes_the_rest_and_closes_the_sinks() -> None:
    others = set(threading.enumerate())
    sink = FakeSink()
    recorder = BackgroundRecorder([sink])
    recorder.start()

    record(recorder, 1, 2)
    recorder.close()

    assert sink.ids == ["1", "2"]
    assert sink.is_closed
    assert set(threading.enumerate()) <= others


def test_a_recorder_that_never_ran_may_be_closed() -> None:
    sink = FakeSink()
    recorder = BackgroundRecorder([sink])

    record(recorder, 1)
    recorder.close()

    assert sink.ids == ["1"]
    assert sink.is_closed


def test_without_sinks_nothing_piles_up() -> None:
    recorder = BackgroundRecorder([], max_pending=2)

    for number in range(10):
        record(recorder, number)
        recorder.flush()

    assert recorder.dropped == 0


def test_one_record_that_cannot_be_written_does_not_hold_up_the_others(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    recorder = BackgroundRecorder([Journal.open(path)])

    record(recorder, 1)
    recorder.record(outcome(request_id="absurd", usage=usage(2**70)))
    record(recorder, 2)
    recorder.flush()
    recorder.close()

    with closing(sqlite3.connect(path)) as db:
        ids = {row[0] for row in db.execute("SELECT request_id FROM outcomes")}
    assert {"1", "2"} <= ids


def test_scores_go_to_their_own_sinks_behind_the_outcomes() -> None:
    order: list[str] = []

    class Ordered(FakeSink):
        def write(self, outcomes: Sequence[Outcome]) -> None:
            order.append(" ".join(written.request_id for written in outcomes))

    recorder = BackgroundRecorder([Ordered()], score_sinks=[Ordered()])

    recorder.record_score(outcome(request_id="scored"))
    record(recorder, 1, 2)
    recorder.flush()

    assert order == ["1 2", "scored"]


def test_scores_that_wait_are_bounded_and_counted_like_outcomes() -> None:
    broken = FakeSink(is_broken=True)
    recorder = BackgroundRecorder([], score_sinks=[broken], max_pending=2)

    for each in numbered(1, 2, 3):
        recorder.record_score(each)
    recorder.flush()
    for each in numbered(4, 5):
        recorder.record_score(each)
    recorder.flush()
    broken.is_broken = False
    recorder.close()

    assert broken.ids == ["4", "5"]
    assert recorder.dropped == 3
    assert broken.is_closed


def test_a_score_stands_in_the_journal_with_its_outcome(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite3"
    book = FeedbackBook(path, lambda: 2000.0)
    recorder = BackgroundRecorder([Journal.open(path)], score_sinks=[book])
    score = Score(value=0.0, weight=0.3, source="auto:finish")

    recorder.record(outcome())
    recorder.record_score(outcome(score=score))
    recorder.record_score(outcome(tenant="\ud800", score=score))
    recorder.record_score(outcome(score=score))
    recorder.close()

    (graded,) = read_graded(path)
    assert graded.opinions == (("auto:finish", 0.0, 0.3, 2000.0),)
