"""How often hits are wrong, and what follows."""

import pytest

from tests.unit.cache.bounds.labels import KEY, audit, label
from wrp_proxy.cache.bounds.label import Label
from wrp_proxy.cache.bounds.served_bounds import Bound, ServedBounds

Bounds = ServedBounds[tuple[str, str]]


@pytest.fixture
def bounds() -> Bounds:
    return ServedBounds(replica="a")


def learn(bounds: Bounds, *labels: Label, budget: float = 0.03, base: float = 0.92) -> None:
    for one in labels:
        bounds.learn(KEY, one, budget=budget, base=base)


def raised_once(bounds: Bounds) -> None:
    """Find hits wrong until the threshold rises."""
    for _ in range(10):
        if not bounds.raised(KEY):
            learn(bounds, audit(right=False))


def share(from_: Bounds, to: Bounds, replica: str) -> None:
    to.merge(replica, KEY, from_.encode(KEY))


def test_at_first_nothing_is_known_and_nothing_raised(bounds: Bounds) -> None:
    assert bounds.bound(KEY) == Bound(audited=0, wrong=0, upper=1.0, raised=0.0)
    assert bounds.raised(KEY) == 0.0


def test_no_number_of_clean_audits_raises_or_lowers_the_policys_threshold(bounds: Bounds) -> None:
    for _ in range(1500):
        learn(bounds, audit())
        assert bounds.raised(KEY) == 0.0

    assert bounds.bound(KEY).upper < 0.003


def test_wrong_hits_raise_the_threshold_by_a_step(bounds: Bounds) -> None:
    learn(bounds, audit(right=False), audit(right=False))
    assert bounds.raised(KEY) == 0.0

    raised_once(bounds)

    assert bounds.raised(KEY) == 0.01
    assert bounds.bound(KEY).wrong <= 5


def test_each_step_takes_evidence_of_its_own(bounds: Bounds) -> None:
    raised_once(bounds)

    learn(bounds, audit(right=False))

    assert bounds.raised(KEY) == 0.01


def test_500_clean_audits_and_no_fewer_lower_it_again(bounds: Bounds) -> None:
    raised_once(bounds)

    learn(bounds, *[audit()] * 499)
    assert bounds.raised(KEY) == 0.01
    learn(bounds, audit())
    assert bounds.raised(KEY) == 0.0


def test_it_rises_no_further_than_to_99(bounds: Bounds) -> None:
    learn(bounds, *[audit(right=False)] * 200, base=0.95)

    assert bounds.raised(KEY) == 0.04


def test_labels_that_are_no_random_hits_are_not_counted(bounds: Bounds) -> None:
    learn(bounds, *[label(right=False)] * 50, *[label(right=False, source="feedback")] * 50)

    assert bounds.bound(KEY).audited == 0
    assert bounds.raised(KEY) == 0.0


def test_a_contradiction_is_an_audit_and_no_wrong_hit(bounds: Bounds) -> None:
    learn(bounds, *[audit(right=None)] * 40)

    assert bounds.bound(KEY).audited == 40
    assert bounds.bound(KEY).wrong == 0
    assert bounds.raised(KEY) == 0.0


def test_the_bound_allows_for_wrong_hits_that_the_judge_did_not_see() -> None:
    sure, unsure = Bounds(replica="a"), Bounds(replica="a")
    learn(sure, *[audit()] * 300)
    learn(unsure, *[audit()] * 270, *[audit(right=None)] * 30)

    assert unsure.bound(KEY).upper > sure.bound(KEY).upper


def test_keys_are_apart(bounds: Bounds) -> None:
    raised_once(bounds)

    assert bounds.raised(("auto", "coding")) == 0.0
    assert bounds.bound(("auto", "coding")).audited == 0


def test_the_least_recently_audited_keys_make_room() -> None:
    bounds: ServedBounds[bytes] = ServedBounds(replica="a", max_keys=2)
    for name in (b"a", b"b", b"a", b"c"):
        bounds.learn(name, audit(), budget=0.03, base=0.92)

    assert [bounds.bound(name).audited for name in (b"a", b"b", b"c")] == [2, 0, 1]


def test_replicas_count_together() -> None:
    a, b = Bounds(replica="a"), Bounds(replica="b")
    learn(a, *[audit()] * 30, audit(right=False))
    learn(b, *[audit()] * 20, audit(right=False))

    for _ in range(2):
        share(a, b, "a")
        share(b, a, "b")

    assert [(one.bound(KEY).audited, one.bound(KEY).wrong) for one in (a, b)] == [(52, 2)] * 2


def test_a_raise_holds_for_all_replicas_and_is_made_once() -> None:
    a, b = Bounds(replica="a"), Bounds(replica="b")
    raised_once(a)
    raised_once(b)

    share(a, b, "a")
    share(b, a, "b")

    assert a.raised(KEY) == b.raised(KEY) == 0.01


def test_a_replica_that_starts_again_goes_on_from_what_it_told() -> None:
    before = Bounds(replica="a")
    raised_once(before)
    learn(before, *[audit()] * 10)

    after = Bounds(replica="a")
    share(before, after, "a")

    assert after.bound(KEY).audited == before.bound(KEY).audited
    assert after.raised(KEY) == 0.01


@pytest.mark.parametrize("garbage", [b"", b"\xff", b"\x91\xa1x", b"\x93\x92\xff\x00\x90\x90"])
def test_what_cannot_be_read_is_left(bounds: Bounds, garbage: bytes) -> None:
    learn(bounds, audit())

    bounds.merge("b", KEY, garbage)

    assert bounds.bound(KEY).audited == 1


def test_what_is_told_is_small(bounds: Bounds) -> None:
    learn(bounds, *[audit()] * 300)

    assert len(bounds.encode(KEY)) < 24
