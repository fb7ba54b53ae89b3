"""The benchmarks of the table of quality are on one scale."""

from copy import deepcopy
from typing import Any

import pytest
import yaml

from scripts import link_quality
from wrp_proxy.shipped import quality_table_path

FAMILIES = {
    f"family-{number}": {"scores": {"card": {"easy": 50 + 10 * number, "hard": 20 * number}}}
    for number in range(5)
}
TABLE: dict[str, Any] = {
    "benchmarks": {
        "easy": {"floor": 50, "ceiling": 90, "categories": ["coding"], "by_hand": True},
        "hard": {"floor": 0, "ceiling": 1, "categories": ["coding", "chat"]},
    },
    "families": FAMILIES,
}


def test_what_two_benchmarks_have_both_measured_is_worth_the_same_on_either() -> None:
    lines = link_quality.link(TABLE)

    assert lines == {"easy": (50, 90), "hard": (0.0, 80.0)}


def test_a_benchmark_that_shares_too_few_families_must_be_set_by_hand() -> None:
    alone = deepcopy(TABLE)
    alone["families"] = dict(list(FAMILIES.items())[:3])

    with pytest.raises(ValueError, match="hard shares too few families"):
        link_quality.link(alone)


def test_the_shipped_table_is_linked() -> None:
    table = yaml.safe_load(quality_table_path().read_text(encoding="utf-8"))

    stated = {name: (row["floor"], row["ceiling"]) for name, row in table["benchmarks"].items()}
    assert link_quality.link(table) == stated
