"""How often the model is asked although an entry is near."""

from random import Random

import pytest

from tests.unit.cache.bounds.labels import ENTRY, label
from wrp_proxy.cache.bounds.exploration import Exploration


def explored(exploration: Exploration, similarity: float = 0.95) -> float:
    """Return the share of questions that go to the model."""
    return sum(exploration.explore(ENTRY, similarity) for _ in range(4000)) / 4000


@pytest.fixture
def exploration() -> Exploration:
    return Exploration(error=0.02, random=Random(1), max_entries=2)  # noqa: S311 - reproducible


def test_an_unknown_entry_answers_no_more_often_than_errors_are_allowed(
    exploration: Exploration,
) -> None:
    assert explored(exploration) == pytest.approx(0.98, abs=0.01)


def test_right_labels_at_or_below_let_it_answer_more_often(exploration: Exploration) -> None:
    for _ in range(20):
        exploration.learn(label(0.9))

    assert explored(exploration) == pytest.approx(1 - 0.02 * (20 + 3.84) / 3.84, abs=0.02)
    assert explored(exploration, similarity=0.89) == pytest.approx(0.98, abs=0.01)


def test_wrong_labels_let_it_answer_less_often(exploration: Exploration) -> None:
    for number in range(40):
        exploration.learn(label(0.9, right=number % 2 == 0))

    assert explored(exploration) > 0.95


def test_contradictions_teach_nothing(exploration: Exploration) -> None:
    for _ in range(50):
        exploration.learn(label(0.9, right=None))

    assert explored(exploration) == pytest.approx(0.98, abs=0.01)


def test_what_is_known_is_bounded(exploration: Exploration) -> None:
    for _ in range(1000):
        exploration.learn(label(0.9))

    assert explored(exploration) == pytest.approx(1 - 0.02 * (64 + 3.84) / 3.84, abs=0.03)


def test_what_is_forgotten_is_unknown(exploration: Exploration) -> None:
    for name in (ENTRY, b"b", b"c"):
        for _ in range(60):
            exploration.learn(label(0.9, entry_id=name))
    assert explored(exploration) == pytest.approx(0.98, abs=0.01)  # it made room

    for _ in range(60):
        exploration.learn(label(0.9))
    exploration.forget(ENTRY)

    assert explored(exploration) == pytest.approx(0.98, abs=0.01)
