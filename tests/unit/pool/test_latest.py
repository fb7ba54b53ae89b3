"""Whatever is said where, and whatever is lost on the way: in the end all know the same."""

from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.pool.latest import Latest

NOW_MS = 1_700_000_000_000


@dataclass
class Place:
    """Where replicas meet."""

    kept: dict[bytes, bytes] = field(default_factory=dict)

    def meet(self, latest: Latest, now_ms: int = NOW_MS, *, loses: bool = False) -> None:
        _, owed = latest.merge(dict(self.kept), now_ms)
        if not loses:
            self.kept.update({name.encode(): packed for name, packed in owed.items()})


def known(latest: Latest) -> dict[str, bytes]:
    return {name: said.value for name, said in latest.items()}


steps = st.lists(
    st.tuples(
        st.integers(0, 2),  # who
        st.sampled_from(["say", "meet", "lose", "flush"]),
        st.sampled_from(["a", "b"]),
        st.binary(max_size=3),
        st.integers(-2000, 2000),  # how far the clock is off, in ms
    ),
    max_size=40,
)


@given(steps)
def test_all_agree_in_the_end(steps: list[tuple[int, str, str, bytes, int]]) -> None:
    place, replicas = Place(), [Latest() for _ in range(3)]
    for who, what, name, value, off_ms in steps:
        if what == "say":
            replicas[who].say(name, value, NOW_MS + off_ms)
        elif what == "flush":
            place.kept.clear()
        else:
            place.meet(replicas[who], loses=what == "lose")

    for replica in [*replicas, *replicas]:
        place.meet(replica)

    assert known(replicas[0]) == known(replicas[1]) == known(replicas[2])
    assert all(replica.merge(place.kept, NOW_MS) == ({}, {}) for replica in replicas)


def test_the_last_to_speak_wins_over_all_that_it_has_heard_whatever_its_clock_says() -> None:
    place, ahead, behind = Place(), Latest(), Latest()
    ahead.say("a", b"old", NOW_MS + 60_000)
    place.meet(ahead)
    place.meet(behind)

    behind.say("a", b"new", NOW_MS)
    place.meet(behind)
    place.meet(ahead)

    assert known(ahead) == known(behind) == {"a": b"new"}


@given(st.dictionaries(st.binary(max_size=8), st.binary(max_size=40), max_size=8))
def test_junk_is_left_out_and_put_right_where_something_is_known(junk: dict[bytes, bytes]) -> None:
    place, latest = Place(junk), Latest()
    latest.say("a", b"known", NOW_MS)

    place.meet(latest)

    readable = sum(packed.partition(b" ")[0].isdigit() for packed in junk.values())
    assert len(known(latest)) <= readable + 1
    assert known(latest)["a"] == b"known" or b"a" in junk


def test_a_clock_that_is_far_ahead_is_not_believed() -> None:
    latest = Latest()

    news, _ = latest.merge({b"a": b"%d x" % (NOW_MS + 10_000_000)}, NOW_MS)

    assert (news, latest.damaged) == ({}, 1)


def test_what_is_old_can_be_forgotten() -> None:
    latest = Latest()
    latest.say("old", b"", NOW_MS - 10)
    latest.say("new", b"", NOW_MS)

    latest.forget(NOW_MS)

    assert known(latest) == {"new": b""}
