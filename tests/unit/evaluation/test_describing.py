"""Is a recorded query described as the proxy would describe it?"""

from pathlib import Path

from tests.unit.evaluation.recorded import lines, write
from wrp_proxy.evaluation.describing import Described, make_classifier
from wrp_proxy.evaluation.table import OutcomeTable, read_meta, read_table
from wrp_proxy.signals import CATEGORIES, UNKNOWN, Signal

WANTED: frozenset[Signal] = frozenset({"category", "features"})


def table(folder: Path) -> OutcomeTable:
    return read_table(write(folder, "set", lines(60)), read_meta(folder / "meta.json"))


def test_what_was_not_asked_for_is_not_told(tmp_path: Path) -> None:
    described = Described(table(tmp_path), make_classifier(None))

    workloads = described.workloads(frozenset())

    assert len(workloads) == 60
    assert {workload.category for workload in workloads} == {UNKNOWN}
    assert all(workload.features is None for workload in workloads)
    assert all(workload.input_tokens > 5 for workload in workloads)


def test_labels_of_the_training_part_are_the_categories(tmp_path: Path) -> None:
    asked = table(tmp_path)

    workloads = Described(asked, make_classifier(asked)).workloads(WANTED)

    labels = [max(w.probabilities, key=w.probabilities.__getitem__) for w in workloads]
    assert {name for w in workloads for name in w.probabilities} == {"sums", "poems"}
    assert labels == list(asked.labels or ())


def test_each_set_of_signals_is_described_once(tmp_path: Path) -> None:
    described = Described(table(tmp_path), make_classifier(None))

    assert described.workloads(WANTED) is described.workloads(frozenset(WANTED))


def test_a_text_is_turned_into_features_once(tmp_path: Path) -> None:
    described = Described(table(tmp_path), make_classifier(None))
    more: frozenset[Signal] = WANTED | {"complexity"}

    pairs = zip(described.workloads(WANTED), described.workloads(more), strict=True)

    assert all(one.features is other.features is not None for one, other in pairs)


def test_labels_that_are_hardly_shared_are_no_categories(tmp_path: Path) -> None:
    rows = [{**line, "benchmark": line["id"]} for line in lines(30)]
    asked = read_table(write(tmp_path, "set", rows), read_meta(tmp_path / "meta.json"))

    (first, *_) = Described(asked, make_classifier(asked)).workloads(WANTED)

    assert first.probabilities.keys() == set(CATEGORIES)
