"""Who makes room: the greedy first, then by frequency and age; and every bound is kept."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cache.stores.nouns import entry
from wrp_proxy.cache.base import Entry
from wrp_proxy.cache.stores.eviction import Eviction
from wrp_proxy.cache.stores.limits import StoreLimits, weight

EACH = weight(entry(10))


def made(name: object, scope: str = "key:a", category: str = "chat", size: int = 0) -> Entry:
    return entry(name, scope=scope, category=category, size=size)


class Shelf:
    """Entries under an Eviction, evicted as they must be."""

    def __init__(self, limits: StoreLimits) -> None:
        self.held: dict[bytes, Entry] = {}
        self.eviction = Eviction(limits)

    def add(self, added: Entry) -> list[Entry]:
        self.remove(added.id)
        self.held[added.id] = added
        self.eviction.add(added)
        gone = []
        while (victim := self.eviction.victim()) is not None:
            gone.append(self.held[victim])
            self.remove(victim)
        return gone

    def add_all(self, entries: Sequence[Entry]) -> list[Entry]:
        return [gone for one in entries for gone in self.add(one)]

    def remove(self, entry_id: bytes) -> None:
        if known := self.held.pop(entry_id, None):
            self.eviction.remove(known)

    def touch(self, used: Entry, times: int = 1) -> None:
        for _ in range(times):
            self.eviction.touch(used)


def test_the_oldest_goes_first() -> None:
    shelf = Shelf(StoreLimits(max_entries=3))
    entries = [made(name) for name in range(6)]

    assert shelf.add_all(entries) == entries[:3]


def test_one_that_was_used_has_as_many_turns_more_up_to_three() -> None:
    shelf = Shelf(StoreLimits(max_entries=1))
    popular = made("popular")
    shelf.add(popular)
    shelf.touch(popular, times=10)

    gone = shelf.add_all([made(name) for name in range(6)])

    assert gone.index(popular) == 3


def test_the_oldest_goes_whatever_its_scope_and_category() -> None:
    shelf = Shelf(StoreLimits(max_entries=4))
    entries = [made(n, f"key:{n % 3}", "code" if n % 2 else "chat") for n in range(12)]

    assert shelf.add_all(entries) == entries[:8]


def test_one_that_comes_again_is_new() -> None:
    shelf = Shelf(StoreLimits(max_entries=40))
    entries = [made(name) for name in range(40)]
    shelf.add_all([*entries, made("first to go")])
    shelf.add(entries[5])

    gone = shelf.add_all([made(f"late {n}") for n in range(38)])

    assert gone == [*entries[1:5], *entries[6:]][: len(gone)]
    assert entries[5] not in gone


def test_where_all_are_popular_somebody_goes_all_the_same() -> None:
    shelf = Shelf(StoreLimits(max_entries=1000))
    entries = [made(name) for name in range(1000)]
    shelf.add_all(entries)
    for one in entries:
        shelf.touch(one, times=3)

    assert len(shelf.add(made("one more"))) == 1


def test_a_scope_with_more_than_its_share_makes_room_for_others() -> None:
    shelf = Shelf(StoreLimits(max_bytes=10 * EACH, tenant_share=0.5))
    flood = [made(name, "key:flood", size=40) for name in range(10)]
    shelf.add_all([made("old", "key:ours", size=40), *flood])

    gone = shelf.add_all([made(f"ours {n}", "key:ours", size=40) for n in range(4)])

    assert {one.scope for one in gone} == {"key:flood"}


def test_a_flood_within_a_quota_spares_the_others_of_the_category() -> None:
    shelf = Shelf(StoreLimits(max_bytes=100 * EACH, quotas={"code": 0.1}, tenant_share=0.5))
    ours = [made(f"ours {n}", "key:ours", "code", size=40) for n in range(4)]
    shelf.add_all(ours)

    shelf.add_all([made(n, "key:flood", "code", size=40) for n in range(50)])

    assert {one.id for one in ours} <= shelf.held.keys()
    assert len(shelf.held) <= 10


def test_what_can_never_be_held_does_not_fit() -> None:
    eviction = Eviction(StoreLimits(max_bytes=10 * EACH, quotas={"code": 0.2, "none": 0}))

    assert eviction.fits(made(1, size=5 * EACH))
    assert not eviction.fits(made(1, size=10 * EACH))
    assert not eviction.fits(made(1, category="code", size=2 * EACH))
    assert not eviction.fits(made(1, category="none"))
    assert not Eviction(StoreLimits(max_entries=0)).fits(made(1))


SCOPES = ("key:a", "key:b", "key:c")
CATEGORIES = ("chat", "code", "news")
LIMITS = StoreLimits(
    max_bytes=8 * EACH, max_entries=6, quotas={"code": 0.5, "news": 0.25}, tenant_share=0.4
)
steps = st.tuples(
    st.sampled_from(["add", "add", "add", "touch", "remove"]),
    st.integers(0, 15),
    st.sampled_from(SCOPES),
    st.sampled_from(CATEGORIES),
    st.integers(0, 2 * EACH),
)


@given(st.lists(steps, max_size=120))
def test_every_bound_is_kept_whatever_comes_and_goes(
    turns: list[tuple[str, int, str, str, int]],
) -> None:
    shelf = Shelf(LIMITS)

    for do, name, scope, category, size in turns:
        known = shelf.held.get(made(name).id)
        added = made(name, scope, category, size)
        if do == "add" and shelf.eviction.fits(added):
            shelf.add(added)
        elif do == "touch" and known:
            shelf.touch(known)
        elif do == "remove" and known:
            shelf.remove(known.id)

        held = list(shelf.held.values())
        assert len(held) <= 6
        assert sum(weight(one) for one in held) <= LIMITS.max_bytes
        for name_of_category, share in LIMITS.quotas.items():
            kept = [weight(one) for one in held if one.category == name_of_category]
            assert sum(kept) <= share * LIMITS.max_bytes


@given(st.lists(st.tuples(st.sampled_from(SCOPES), st.integers(0, EACH)), max_size=150))
def test_a_scope_within_its_share_loses_nothing_to_one_beyond(
    turns: list[tuple[str, int]],
) -> None:
    limits = StoreLimits(max_bytes=12 * EACH, tenant_share=0.3)
    shelf = Shelf(limits)

    for name, (scope, size) in enumerate(turns):
        held = [*shelf.held.values(), made(name, scope, size=size)]
        bytes_of = {
            one: sum(weight(entry) for entry in held if entry.scope == one) for one in SCOPES
        }
        greedy = {one for one in SCOPES if bytes_of[one] > 0.3 * limits.max_bytes}
        gone = shelf.add(made(name, scope, size=size))

        if greedy and gone:
            assert gone[0].scope in greedy
