"""Are recorded outcomes read as they are, and refused where they are not?"""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.unit.evaluation.recorded import META, lines, write
from wrp_proxy.evaluation.table import OutcomeTable, read_meta, read_table
from wrp_proxy.types import Price


def read(folder: Path, rows: list[dict[str, object]], *names: str) -> OutcomeTable:
    return read_table(write(folder, "set", rows), read_meta(folder / "meta.json"), names)


def test_only_the_models_of_the_pool_are_candidates(tmp_path: Path) -> None:
    table = read(tmp_path, lines(4))

    assert [model.name for model in table.models] == META["pool"]
    assert table.models[2].price == Price(input=2.0, output=2.0)
    assert table.costs_usd[0].tolist() == [0.0001, 0.0002, 0.002]
    assert [query.id for query in table.queries] == ["sums-0", "poems-1", "sums-2", "poems-3"]


def test_models_named_are_taken_in_that_order(tmp_path: Path) -> None:
    table = read(tmp_path, lines(4), "giant", "spare")

    assert [model.name for model in table.models] == ["giant", "spare"]
    assert table.scores.shape == (4, 2)


def test_plain_lines_are_read_like_packed_ones(tmp_path: Path) -> None:
    packed = read(tmp_path, lines(4))
    plain = tmp_path / "set.jsonl"
    plain.write_text("\n".join(map(json.dumps, lines(4))) + "\n\n")

    table = read_table(plain, read_meta(tmp_path / "meta.json"))

    assert table.queries == packed.queries
    assert np.array_equal(table.scores, packed.scores)


def test_what_was_not_run_is_unknown_and_a_query_without_any_is_left_out(tmp_path: Path) -> None:
    half, none = lines(2)
    half["s"][1] = None
    half["c"][2] = None
    none["s"] = [1.0, None, None, None]

    table = read(tmp_path, [half, none])

    assert np.isnan(table.scores).tolist() == [[True, True, False]]
    assert np.isnan(table.costs_usd).tolist() == [[True, True, False]]


def test_labels_are_there_only_where_all_queries_have_one(tmp_path: Path) -> None:
    rows = lines(2)
    assert read(tmp_path, rows).labels == ("sums", "poems")

    del rows[1]["benchmark"]

    assert read(tmp_path, rows).labels is None


def test_rows_can_be_picked(tmp_path: Path) -> None:
    table = read(tmp_path, lines(4))

    picked = table.rows([3, 0])

    assert [query.id for query in picked.queries] == ["poems-3", "sums-0"]
    assert np.array_equal(picked.scores, table.scores[[3, 0]])


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 1 of .* is no outcome"),
        ('{"query": "q", "s": [1], "c": [1]}', "has not the 4 models"),
        ('{"query": "q", "s": ["x"], "c": [1]}', "is no outcome"),
        (
            '{"query": "q", "s": [1, 1, 1, 1], "c": [1, 1, 1, 1], "lat": [1]}',
            "has not the 4 models",
        ),
        ("", "has no outcome of calculator, writer, giant"),
    ],
)
def test_what_is_no_outcome_is_refused_with_its_place(tmp_path: Path, line: str, says: str) -> None:
    write(tmp_path, "set", [])
    file = tmp_path / "bad.jsonl"
    file.write_text(line)

    with pytest.raises(ValueError, match=says):
        read_table(file, read_meta(tmp_path / "meta.json"))


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, "set", lines(4))
    file.write_bytes(file.read_bytes()[:40])

    with pytest.raises(ValueError, match="cannot be unpacked"):
        read_table(file, read_meta(tmp_path / "meta.json"))


def test_a_model_that_is_not_in_the_file_is_refused_with_those_that_are(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="of dwarf; choose among spare, calculator"):
        read(tmp_path, lines(4), "dwarf")


def test_a_meta_file_without_models_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "meta.json"
    file.write_text("{}")

    with pytest.raises(ValueError, match="does not describe outcomes"):
        read_meta(file)


def test_a_meta_file_that_names_a_model_twice_is_refused(tmp_path: Path) -> None:
    rows, file = write(tmp_path, "set", lines(4)), tmp_path / "meta.json"
    file.write_text('{"models": ["a", "b", "a"]}')

    with pytest.raises(ValueError, match="named twice"):
        read_table(rows, read_meta(file))


def test_ids_and_labels_may_be_numbers(tmp_path: Path) -> None:
    (row,) = lines(1)

    table = read(tmp_path, [{**row, "id": 7, "benchmark": 0}])

    assert (table.queries[0].id, table.labels) == ("7", ("0",))


def test_models_that_no_query_was_asked_of_can_be_left_out(tmp_path: Path) -> None:
    table = read(tmp_path, [{**row, "s": [None, 1.0, None, 0.0]} for row in lines(3)])

    assert table.models_run == ["calculator", "giant"]
    assert table.of_models(["giant"]).scores.tolist() == [[0.0]] * 3
