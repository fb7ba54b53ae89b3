import pytest

from tests.unit.nouns import model, workload
from wrp_proxy.routers.base import Example
from wrp_proxy.routers.context import Contexts
from wrp_proxy.routers.lessons import Lesson
from wrp_proxy.routers.score_table import ScoreTable

A, B = model("a", quality={"default": 0.5}), model("b", quality={"default": 0.7})
MIXED = workload(probabilities={"x": 0.75, "y": 0.25})


def test_a_model_never_asked_starts_above_its_prior() -> None:
    table, context = ScoreTable(discount=1.0, optimism=0.1), Contexts().of(MIXED)

    assert table.estimate(context, [A, B]).means.tolist() == pytest.approx([0.6, 0.8])


def test_a_score_counts_for_each_category_by_its_chance() -> None:
    table, context = ScoreTable(discount=1.0, optimism=0.0), Contexts().of(MIXED)

    for _ in range(4):
        table.learn(context, "a", Lesson(weight=1.0, reward=1.0))

    means, counts, _ = table.estimate(context, [A, B])
    assert means.tolist() == pytest.approx([0.75 * 3.5 / 4 + 0.25 * 1.5 / 2, 0.7])
    assert counts.tolist() == pytest.approx([1 / (0.75**2 / 4 + 0.25**2 / 2), 1 / (0.625)])


def test_what_is_known_of_others_grows_old_with_each_score() -> None:
    table, context = ScoreTable(discount=0.9, optimism=0.0), Contexts().of(MIXED)
    table.estimate(context, [A, B])
    table.learn(context, "a", Lesson(weight=10.0, reward=0.0))

    for _ in range(60):
        table.learn(context, "b", Lesson(weight=1.0, reward=1.0))

    assert table.estimate(context, [A]).means[0] == pytest.approx(0.5, abs=0.02)


def test_a_correction_makes_nothing_grow_old() -> None:
    table, context = ScoreTable(discount=0.5, optimism=0.0), Contexts().of(MIXED)
    table.estimate(context, [A, B])
    table.learn(context, "a", Lesson(weight=1.0, reward=1.0))
    before = table.estimate(context, [A]).counts

    table.learn(context, "b", Lesson(weight=0.0, reward=-0.5))

    assert table.estimate(context, [A]).counts.tolist() == before.tolist()


def test_examples_count_for_a_limited_number() -> None:
    table, contexts = ScoreTable(discount=1.0, optimism=0.0), Contexts()
    asked = workload(probabilities={"x": 1.0})

    table.fit([Example(workload=asked, scores={"a": 1.0}, costs_usd={})] * 500, contexts)

    means, counts, _ = table.estimate(contexts.of(asked), [A])
    assert counts[0] == pytest.approx(51.0)
    assert means[0] == pytest.approx(50.5 / 51)


def test_examples_are_believed_until_a_model_surely_scores_otherwise() -> None:
    table, contexts = ScoreTable(discount=1.0, optimism=0.0), Contexts()
    context = contexts.of(MIXED)
    table.fit([Example(workload=MIXED, scores={"a": 0.9, "b": 0.2}, costs_usd={})] * 50, contexts)

    believed = []
    for value in [0.9] * 20 + [0.1] * 60:
        table.learn(context, "a", Lesson(weight=1.0, reward=value))
        believed.append(table.estimate(context, [A, B]).believes_examples)

    assert all(believed[:25])
    assert not any(believed[60:])
    assert table.estimate(context, [A, B]).means[1] == pytest.approx(0.7)
