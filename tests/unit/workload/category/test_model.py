"""The shipped model is small, tells the shipped categories, and comes with its figures."""

import json
from datetime import date
from typing import Any

import numpy as np
import pytest

from wrp_proxy.signals import CATEGORIES
from wrp_proxy.workload.category.features import DIMENSIONS, STATIC
from wrp_proxy.workload.category.prompts import example_prompts
from wrp_proxy.workload.category.recogniser import SHIPPED, Recognition

_EMBEDDING = 384


@pytest.fixture(scope="module")
def card() -> dict[str, Any]:
    read: dict[str, Any] = json.loads(SHIPPED.with_suffix(".json").read_text("utf-8"))
    return read


def test_the_file_is_small() -> None:
    assert SHIPPED.stat().st_size <= 5 * 1024 * 1024


def test_it_tells_the_shipped_categories_with_and_without_embedder() -> None:
    with np.load(SHIPPED, allow_pickle=False) as stored:
        assert set(stored["names"].tolist()) == set(CATEGORIES)
        assert stored["static"].dtype == np.int8
        assert stored["static"].shape[1] == STATIC
        assert stored["light_weights"].shape == (DIMENSIONS, len(CATEGORIES))
        assert stored["deep_weights"].shape == (DIMENSIONS + _EMBEDDING, len(CATEGORIES))
        assert all(np.isfinite(stored[name]).all() for name in stored.files if name != "names")


def test_its_threshold_is_a_chance_that_may_be_reached() -> None:
    assert 1 / len(CATEGORIES) < Recognition.shipped().threshold < 0.95


def test_the_card_says_from_what_and_when_it_was_learnt(card: dict[str, Any]) -> None:
    assert date.fromisoformat(card["trained_on"])
    assert set(card["categories"]) == set(CATEGORIES)
    assert sum(card["categories"].values()) == sum(card["prompts"].values())
    assert card["threshold"] == pytest.approx(Recognition.shipped().threshold, abs=0.001)


def test_the_card_is_of_the_prompts_that_are_shipped(card: dict[str, Any]) -> None:
    """Else the model is older than its prompts: run scripts/train_categories.py."""
    assert sum(card["prompts"].values()) == sum(1 for _ in example_prompts())


@pytest.mark.parametrize("kind", ["without_embedder", "with_embedder"])
def test_the_card_tells_how_well_it_does(card: dict[str, Any], kind: str) -> None:
    held_out, public = card["held_out_fifth"][kind], card["on_public_questions"][kind]

    assert {"all", *card["prompts"]} == set(held_out)
    assert held_out["all"] > 0.55
    assert public["questions"] > 1000
    assert 0.5 < public["accuracy"] <= 1
    assert public["abstention"] < 0.5
    assert 0 <= public["expected_calibration_error"] < 0.2
