"""The learned verifier: rules first, then what it was taught."""

import json
import math

import pytest

from wrp_proxy.cache.guard.comparison import compare
from wrp_proxy.cache.guard.reading import read
from wrp_proxy.cache.verifier.features import FEATURES, features
from wrp_proxy.cache.verifier.learned import SHIPPED, LearnedVerifier

CLEAR = dict.fromkeys(FEATURES, 0.0)
ASKED, KNOWN = "How do I bring traffic to my blog?", "How do I drive traffic to my blog?"


def test_the_likelihood_is_that_of_the_weighted_features() -> None:
    verifier = LearnedVerifier(bias=-1.0, weights={**CLEAR, "similarity": 2.0}, cut=0.5)

    likely = verifier.likelihood(compare(read(ASKED), read(KNOWN)), 0.9)

    assert likely == pytest.approx(1 / (1 + math.exp(-0.8)))


@pytest.mark.parametrize("bias", [-1e6, 1e6])
def test_no_evidence_is_too_much(bias: float) -> None:
    verifier = LearnedVerifier(bias=bias, weights=CLEAR, cut=0.5)

    likely = verifier.likelihood(compare(read(ASKED), read(KNOWN)), 0.9)

    assert likely == pytest.approx(float(bias > 0), abs=1e-9)


def test_what_is_less_likely_than_the_cut_is_refused_with_its_likelihood() -> None:
    unsure = LearnedVerifier(bias=0.0, weights=CLEAR, cut=0.6)

    assert unsure.refuse(ASKED, KNOWN, 0.9) == "50% likely: 'bring' stands for 'drive'"


def test_what_is_as_likely_as_the_cut_is_served() -> None:
    unsure = LearnedVerifier(bias=0.0, weights=CLEAR, cut=0.5)

    assert unsure.refuse(ASKED, KNOWN, 0.9) is None


@pytest.mark.parametrize(
    ("asked", "known", "reason"),
    [
        ("Can I take 2 pills?", "Can I take 3 pills?", "numbers differ: 2 / 3"),
        ("Is it open on Sunday?", "Is it closed on Sunday?", "opposites: open / closed"),
        ("Trains from Leeds to York", "Trains from York to Leeds", "direction swapped"),
        ("What is the P60 form?", "What is the P45 form?", "'p60' stands for 'p45'"),
        ("reset password", "reset password zx qv", "only one says 'zx qv'"),
        ("Was kostet die Karte?", "Was kostet der Bus?", "'karte' stands for 'bus'"),
    ],
)
def test_rules_refuse_what_it_would_believe(asked: str, known: str, reason: str) -> None:
    believing = LearnedVerifier(bias=100.0, weights=CLEAR, cut=0.5)

    assert believing.refuse(asked, known, 1.0) == reason


def test_questions_without_a_difference_are_the_same_whatever_was_learnt() -> None:
    doubting = LearnedVerifier(bias=-100.0, weights=CLEAR, cut=0.5)

    assert doubting.refuse("rss feed for security tag", "security tag rss feed", 0.85) is None


def test_weights_of_other_features_are_no_weights() -> None:
    with pytest.raises(ValueError, match="train the verifier anew"):
        LearnedVerifier(bias=0.0, weights={"similarity": 1.0}, cut=0.5)


def test_the_shipped_file_says_where_it_comes_from_and_what_it_reaches() -> None:
    shipped = json.loads(SHIPPED.read_text("utf-8"))

    assert set(shipped["data"]) == {"fow-cache", "redis-langcache-eval"}
    assert shipped["trained_on"]
    assert shipped["embedder"].startswith("all-MiniLM-L6-v2")
    assert shipped["out_of_fold"]["balanced"]["wrong_share"] <= 0.035
    assert shipped["out_of_fold"]["balanced"]["recall"] >= 0.35


def test_presets_differ_in_how_sure_they_want_to_be() -> None:
    cuts = json.loads(SHIPPED.read_text("utf-8"))["cuts"]

    assert cuts["strict"] > cuts["balanced"] > cuts["lenient"]
    with pytest.raises(KeyError):
        LearnedVerifier.load("exact-only")


def test_a_nearer_question_is_likelier_the_same() -> None:
    shipped = LearnedVerifier.load("balanced")
    both = compare(read(ASKED), read(KNOWN))

    assert shipped.likelihood(both, 0.86) < shipped.likelihood(both, 0.99)


def test_each_feature_has_one_number_whatever_the_order() -> None:
    there = features(compare(read(ASKED), read(KNOWN)), 0.9)
    back = features(compare(read(KNOWN), read(ASKED)), 0.9)

    assert there == back
    assert len(there) == len(FEATURES)
