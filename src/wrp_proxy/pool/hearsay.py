"""What replicas tell each other of their endpoints' health, and what each makes of it.

Told is what a replica has met with itself: that something rests, and that it answers again. Who
hears of a rest rests as well, unless it has had answers since: then the trouble is on the other's
way. Who hears of an answer does not take it for its own, but lets one request try at once. So no
replica is kept from what works for it, and two that see different things do not swing together:
the one in trouble goes on with rests that grow.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import msgspec

from wrp_proxy.pool.breaker import Breaker
from wrp_proxy.pool.latest import Latest, Said
from wrp_proxy.pool.state import EndpointState, KeyState

_KEPT_MS = 900_000
"""Nothing rests for so long."""


class Rest(msgspec.Struct, frozen=True, kw_only=True):
    """Told of an endpoint or a key."""

    until: float = 0.0
    """Unix seconds; 0: it answers."""
    killed: bool = False
    limited: bool = False


@dataclass(slots=True, eq=False)
class Subject:
    """What is told of under one name: endpoints, or a key."""

    name: str
    breakers: Sequence[Breaker]
    states: Sequence[EndpointState] = ()
    key: KeyState | None = None

    @property
    def rests_until(self) -> float:
        """Return monotonic seconds; 0: closed."""
        return max((b.open_until for b in self.breakers if b.opened_at is not None), default=0.0)

    @property
    def is_limited(self) -> bool:
        return any(state.is_limited for state in self.states)

    def succeeded_at(self) -> float:
        return max(breaker.succeeded_at for breaker in self.breakers)

    def follow(self, now: float, rest_s: float, said: Rest) -> None:
        if self.key is not None and said.killed:
            self.key.follow(now, rest_s)
            return
        for breaker in self.breakers:
            breaker.follow(now, rest_s)
        for state in self.states:
            state.is_limited = state.is_limited or said.limited

    def let_try(self, now: float) -> None:
        if self.key is not None and self.key.killed_at is not None:
            self.key.revive()
        for breaker in self.breakers:
            breaker.half_open(now)


def subjects(
    by_name: Mapping[str, Sequence[EndpointState]],
    keys: Iterable[KeyState],
    identities: Mapping[str, str],
) -> list[Subject]:
    """List all; `identities` tell keys of one provider's name apart."""
    found = [
        Subject(f"endpoint:{name}", [state.breaker for state in states], states)
        for name, states in by_name.items()
    ]
    for key in keys:
        name = f"key:{key.provider}:{identities.get(key.provider, '')}"
        found.append(Subject(name, [key.breaker], key=key))
    return found


class Hearsay:
    """Compares what is with what was, and puts what has changed into the registers."""

    def __init__(self) -> None:
        self.registers = Latest()
        self._seen: dict[str, float] = {}

    def note(self, all_subjects: Iterable[Subject], now: float, wall: float) -> None:
        """Say what has changed here since `keep_in_mind`; times in seconds, monotonic and Unix."""
        self.registers.forget(int(wall * 1000) - _KEPT_MS)
        for subject in all_subjects:
            before, until = self._seen.get(subject.name, 0.0), subject.rests_until
            if until > max(before, now):
                killed = subject.key is not None and subject.key.killed_at is not None
                rest = Rest(until=wall + until - now, killed=killed, limited=subject.is_limited)
            elif before and not until:
                rest = Rest()
            else:
                continue
            self.registers.say(subject.name, msgspec.json.encode(rest), int(wall * 1000))

    def hear(
        self, all_subjects: Iterable[Subject], news: Mapping[str, Said], now: float, wall: float
    ) -> None:
        """Do as others do; what cannot be read is left out."""
        for subject in all_subjects:
            said = news.get(subject.name)
            rest = _read(said.value) if said is not None else None
            if said is None or rest is None:
                continue
            if not rest.until:
                subject.let_try(now)
            elif rest.limited or wall - (now - subject.succeeded_at()) < said.version / 1000:
                subject.follow(now, rest.until - wall, rest)

    def keep_in_mind(self, all_subjects: Iterable[Subject]) -> None:
        """Take all that is now for told."""
        self._seen = {subject.name: subject.rests_until for subject in all_subjects}


def _read(value: bytes) -> Rest | None:
    try:
        return msgspec.json.decode(value, type=Rest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
