import json
from pathlib import Path

import pytest

from tests.contracts import routed
from tests.unit.clock import Clock
from tests.unit.routers.test_task_table import examples
from wrp_proxy.errors import ConfigError, Problem
from wrp_proxy.evaluation.trained import write_state
from wrp_proxy.routers.composition import make_router, read_spec
from wrp_proxy.routers.linucb import LinUcb
from wrp_proxy.routers.task_table import TaskTable


def refused(file: Path) -> Problem:
    with pytest.raises(ConfigError) as raised:
        TaskTable(trained=file)
    (problem,) = raised.value.problems
    return problem


def test_what_was_written_is_what_is_started_from(tmp_path: Path) -> None:
    clock, file = Clock(), tmp_path / "trained.json"
    trained = TaskTable(cluster_weight=0.5, clusters=5, clock=clock)
    trained.fit(examples(200), routed.MODELS)
    write_state(trained, file)

    written = {"name": "task_table", "cluster_weight": 0.5, "trained": str(file)}
    started = make_router(read_spec(written), clock)

    for one in routed.asked(40, seed=2):
        expected, decision = (
            each.select(one.workload, routed.MODELS) for each in (trained, started)
        )
        assert decision.ranking == expected.ranking
        assert decision.scores == pytest.approx(expected.scores)


def test_it_is_a_start_that_can_be_learnt_on_from(tmp_path: Path) -> None:
    file, asked = tmp_path / "trained.json", routed.asked(1)[0]
    trained = TaskTable(explore=0.0)
    trained.fit(examples(100), routed.MODELS)
    write_state(trained, file)
    router = TaskTable(trained=file, explore=0.0)
    best = router.select(asked.workload, routed.MODELS).ranking[0]

    for _ in range(300):
        router.learn(
            routed.scored(routed.attempted(asked, router.select(asked.workload, [best])), 0)
        )

    assert router.select(asked.workload, routed.MODELS).ranking[0] is not best


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b'{"statistics": {}}',
        b'{"strategy": "task_table"}',
        b'{"strategy": "task_table", "statistics": {"tasks": {"a": [1.0, 2.0]}}}',
        b'{"strategy": "task_table", "statistics": {"tasks": {"a": [["x"], 2.0]}}}',
        b'{"strategy": "task_table", "statistics": {"tasks": {"a": [[1.0], 2.0',
    ],
)
def test_a_broken_file_is_refused_with_its_place_and_a_remedy(
    tmp_path: Path, content: bytes
) -> None:
    file = tmp_path / "trained.json"
    file.write_bytes(content)

    problem = refused(file)

    assert problem.path == "strategy.trained"
    assert problem.message == f"the file '{file}' was not written by `wrp-proxy train`"
    assert "wrp-proxy train --output FILE" in problem.remedy


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refused(tmp_path / "none.json").message
    assert "cannot be read" in refused(tmp_path).message


def test_a_file_trained_for_another_strategy_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "trained.json"
    write_state(LinUcb(), file)

    assert "was trained for linucb, not for task_table" in refused(file).message


def test_statistics_that_are_not_known_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "trained.json"
    sums = {"gone": {"a": [[1.0], 0.0]}}
    file.write_text(json.dumps({"strategy": "task_table", "statistics": sums}))

    assert all(not one.dump() for one in TaskTable(trained=file).statistics)
