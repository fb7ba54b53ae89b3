"""Signs around numbers that a tokenizer, and a reader in haste, would take for nothing."""

import pytest

from wrp_proxy.cache.guard.figures import figures_differ
from wrp_proxy.cache.guard.guard import LexicalGuard
from wrp_proxy.cache.verifier.learned import LearnedVerifier

DIFFERENT = [
    ("Convert 5 mW to watts", "Convert 5 MW to watts"),
    ("How many feet are 5 m?", "How many feet are 5 M?"),
    ("What is .5 in percent?", "What is 5 in percent?"),
    ("What is 5!?", "What is 5?"),
    ("How much is 50 € in yen?", "How much is 50 $ in yen?"),
]


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_figures_that_mean_another_thing_are_told_apart(one: str, other: str) -> None:
    for verifier in (LexicalGuard(), LexicalGuard(strict=True), LearnedVerifier.load("lenient")):
        assert verifier.refuse(one, other, 1.0)
        assert verifier.refuse(other, one, 1.0)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Send £50 to Ada", "Send 50 pounds to Ada"),
        ("Is 5 km far?", "is 5 km far"),
        ("What is 5 != 4?", "what is 5 != 4"),
        ("Does it cost $5.50?", "does it cost $5.50"),
    ],
)
def test_the_same_figures_in_other_dress_are_no_reason(one: str, other: str) -> None:
    assert figures_differ(one, other) is None
