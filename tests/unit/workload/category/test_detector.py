"""A dozen sentences are enough to tell a category of an operator's own."""

import numpy as np

from tests.unit.workload.category.sentences import BOATS, BOATS_UNSEEN
from tests.unit.workload.category.shipped import FEATURES
from wrp_proxy.workload.category.detector import fit_detectors
from wrp_proxy.workload.category.head import Head, Matrix
from wrp_proxy.workload.category.prompts import example_prompts


def rows_of(texts: list[str]) -> Matrix:
    return np.array([FEATURES.of(text) for text in texts], np.float32)


OTHERS = list(example_prompts())[::32]
ROWS, NAMES = rows_of([other.text for other in OTHERS]), [other.category for other in OTHERS]
UNSEEN = rows_of([other.text for other in list(example_prompts())[5::32]])


def chances(detector: Head, rows: Matrix) -> Matrix:
    assert detector.names == ("no", "yes")
    return detector.probabilities(rows)[:, 1]


def test_what_is_like_the_examples_is_told_from_all_else() -> None:
    detector = fit_detectors({"boats": rows_of(BOATS)}, ROWS, NAMES)["boats"]

    assert (chances(detector, rows_of(BOATS_UNSEEN)) > 0.6).all()
    assert (chances(detector, UNSEEN) > 0.5).mean() < 0.03


def test_each_category_is_a_counter_example_of_the_others() -> None:
    knots = [sentence.replace("boat", "knot") for sentence in BOATS]

    detectors = fit_detectors({"boats": rows_of(BOATS), "knots": rows_of(knots)}, ROWS, NAMES)

    assert list(detectors) == ["boats", "knots"]
    assert (chances(detectors["boats"], rows_of(knots)) < 0.5).mean() > 0.8
    assert (chances(detectors["knots"], rows_of(BOATS)) < 0.5).mean() > 0.8


def test_a_shipped_name_is_no_counter_example_of_itself() -> None:
    law = rows_of([other.text for other in OTHERS if other.category == "law"])

    extended = fit_detectors({"law": law[::2]}, ROWS, NAMES)["law"]
    against = fit_detectors({"laws": law[::2]}, ROWS, NAMES)["laws"]

    assert chances(extended, law[1::2]).mean() > chances(against, law[1::2]).mean()
