"""How far the cache may go."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.cache.policy import (
    FLOOR,
    PRESETS,
    UNASKED,
    Policy,
    RoutePolicy,
    make_policy,
    with_careful,
)


def test_presets_are_ordered_by_care() -> None:
    thresholds = [PRESETS[name].threshold for name in ("strict", "balanced", "lenient")]

    assert thresholds == sorted(thresholds, reverse=True)
    assert min(thresholds) >= FLOOR


@given(st.floats(0.85, 1), st.floats(0, 0.1), st.floats(0, 1))
def test_no_load_takes_a_threshold_under_the_floor(
    threshold: float, relax: float, load: float
) -> None:
    policy = Policy(threshold=threshold, load_relax=relax)

    assert FLOOR <= policy.threshold_at(load) <= threshold


def test_load_relaxes_the_threshold_and_stretches_the_ttl() -> None:
    policy = Policy(threshold=0.92, load_relax=0.04, ttl_s=100, load_stretch=3)

    assert (policy.threshold_at(0), policy.ttl_at(0)) == (0.92, 100)
    assert policy.threshold_at(0.5) == pytest.approx(0.90)
    assert policy.ttl_at(0.5) == 200


def test_settings_are_laid_over_a_preset() -> None:
    policy = make_policy(UNASKED.default, {"preset": "balanced", "ttl_s": 60.0})

    assert (policy.threshold, policy.ttl_s, policy.max_temperature) == (0.92, 60.0, 1.0)


def test_the_learned_verifier_looks_at_all_above_the_floor() -> None:
    learned = make_policy(PRESETS["balanced"], {"verifier": "learned"})
    higher = make_policy(PRESETS["balanced"], {"verifier": "learned", "threshold": 0.9})

    assert (learned.threshold, higher.threshold) == (FLOOR, 0.9)


def test_code_and_mathematics_are_held_to_the_strict_threshold() -> None:
    default = PRESETS["balanced"]
    policies = RoutePolicy(default=default, categories=with_careful(default))

    assert policies.of("coding").threshold == PRESETS["strict"].threshold
    assert policies.of("coding").ttl_s == default.ttl_s
    assert policies.of("unknown") is default


@pytest.mark.parametrize("preset", ["strict", "exact-only", "off"])
def test_what_is_careful_already_stays(preset: str) -> None:
    assert with_careful(PRESETS[preset]) == {}
