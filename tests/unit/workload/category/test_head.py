"""The head learns what scikit-learn's logistic regression does, and how sure it may be."""

from collections.abc import Sequence
from itertools import islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from tests.unit.workload.category.shipped import FEATURES
from wrp_proxy.workload.category.head import Head, Matrix, fit_head
from wrp_proxy.workload.category.prompts import example_prompts

_CATEGORIES = {"coding", "law", "medicine", "translation", "history"}


def prompts_of(place: int) -> tuple[Matrix, list[str]]:
    """Return every sixth prompt of some categories, beginning with the one at `place`."""
    taken = list(islice(example_prompts(), place, None, 6))
    chosen = [prompt for prompt in taken if prompt.category in _CATEGORIES]
    rows = np.array([FEATURES.of(prompt.text) for prompt in chosen], np.float32)
    return rows, [prompt.category for prompt in chosen]


def noisy(rows: int, *, flipped: float, seed: int = 3) -> tuple[Matrix, list[str]]:
    """Return two clouds of points that lie apart, of which some bear the wrong name."""
    random = np.random.default_rng(seed)
    is_one = random.random(rows) < 0.5
    points = random.standard_normal((rows, 8)) * 0.2 + np.where(is_one, 0.5, -0.5)[:, None]
    wrong = random.random(rows) < flipped
    return points.astype(np.float32), np.where(is_one ^ wrong, "one", "other").tolist()


def loss(head: Head, rows: Matrix, labels: Sequence[str]) -> float:
    return float(log_loss(labels, head.probabilities(rows), labels=head.names))


def accuracy(head: Head, rows: Matrix, labels: Sequence[str]) -> float:
    named = np.array(head.names)[head.probabilities(rows).argmax(axis=1)]
    return float((named == np.array(labels)).mean())


@pytest.mark.parametrize("strength", [1.0, 10.0])
def test_it_learns_what_scikit_learn_does(strength: float) -> None:
    (rows, labels), (unseen, wanted) = prompts_of(0), prompts_of(3)
    theirs = LogisticRegression(C=strength, max_iter=2000, tol=1e-6).fit(rows, labels)

    head = fit_head(rows, labels, strength=strength)

    plain = Head(head.names, head.weights, head.bias)
    assert head.names == tuple(theirs.classes_)
    assert abs(accuracy(head, unseen, wanted) - theirs.score(unseen, wanted)) <= 0.015
    for these, names in ((rows, labels), (unseen, wanted)):
        their_loss = log_loss(names, theirs.predict_proba(these), labels=theirs.classes_)
        assert loss(plain, these, names) == pytest.approx(their_loss, abs=0.03)


def test_the_temperature_makes_unseen_texts_likelier() -> None:
    (rows, labels), (unseen, wanted) = prompts_of(0), prompts_of(3)
    head = fit_head(rows, labels, strength=1.0)

    plain = Head(head.names, head.weights, head.bias)

    assert head.temperature != 1.0
    assert loss(head, unseen, wanted) < loss(plain, unseen, wanted)


def test_what_it_says_is_as_often_so() -> None:
    head = fit_head(*noisy(900, flipped=0.2))
    rows, labels = noisy(900, flipped=0.2, seed=4)

    stated = head.probabilities(rows).max(axis=1).mean()

    assert abs(stated - accuracy(head, rows, labels)) < 0.05


def test_variants_of_a_text_do_not_make_it_surer_than_it_is() -> None:
    random = np.random.default_rng(5)
    rows = random.standard_normal((100, 64)).astype(np.float32)  # nothing can be learnt
    labels = random.choice(["one", "other"], 100).tolist()
    twice, named = np.vstack([rows, rows]), labels * 2

    apart = fit_head(twice, named, groups=[*range(100), *range(100)])
    mixed = fit_head(twice, named)

    assert apart.temperature > 2.0
    assert mixed.temperature < apart.temperature


def test_the_same_rows_make_the_same_head() -> None:
    rows, labels = prompts_of(1)

    one, other = fit_head(rows, labels), fit_head(rows, labels)

    assert np.array_equal(one.weights, other.weights)
    assert np.array_equal(one.bias, other.bias)
    assert one.temperature == other.temperature


def test_large_rows_do_not_make_it_diverge() -> None:
    rows = np.array([[100, -100], [-100, 100]] * 10, np.float32)

    head = fit_head(rows, ["a", "b"] * 10)

    assert accuracy(head, rows, ["a", "b"] * 10) == 1.0


@pytest.mark.parametrize("labels", [["a"], ["a", "b"], ["a", "a", "a", "a"]])
def test_few_rows_or_one_name_are_no_error(labels: list[str]) -> None:
    rows = np.eye(len(labels), 6, dtype=np.float32)

    chances = fit_head(rows, labels).probabilities(rows)

    assert np.allclose(chances.sum(axis=1), 1.0, atol=1e-5)


def test_rows_of_zeros_have_the_shares_of_the_names() -> None:
    head = fit_head(np.zeros((40, 4), np.float32), ["a"] * 30 + ["b"] * 10)

    plain = Head(head.names, head.weights, head.bias)
    assert plain.probabilities(np.zeros(4, np.float32)) == pytest.approx([0.75, 0.25], abs=0.01)


@settings(max_examples=30)
@given(
    st.lists(st.floats(-1e6, 1e6, width=32), min_size=4, max_size=4),
    st.floats(0.25, 4.0),
)
def test_chances_add_up_to_one_whatever_is_seen(row: list[float], temperature: float) -> None:
    weights = np.array([[5, -5, 0], [1, 2, 3], [0, 0, 1], [-9, 9, 0]], np.float32)
    head = Head(("a", "b", "c"), weights, np.zeros(3, np.float32), temperature)

    chances = head.probabilities(np.array(row, np.float32))

    assert float(chances.sum()) == pytest.approx(1.0, abs=1e-4)
    assert (chances >= 0).all()
    one_row = head.probabilities(np.array([row], np.float32))[0]
    assert one_row == pytest.approx(chances, abs=1e-4)
