"""The endpoint that has read the beginning of the prompt before."""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import blake2b
from math import ceil, log
from typing import Annotated

from annotated_types import Ge, Gt

from wrp_proxy.pool.base import Clock
from wrp_proxy.pool.least_busy import LeastBusy
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Workload

_BITS = 52
"""Of a hash: so many make a float between 0 and 1 that is neither."""

SessionKey = tuple[str, str]
"""Tenant and session; nobody's session is another's."""


class PrefixAffinity:
    """Keep sessions, and prompts that begin alike, where they are in the prompt cache.

    A session stays at the endpoint that had its last turn, until it has been idle for `ttl_s`. A
    new one goes where its system prompt hashes to, or its name where it has none. No endpoint is
    given more than `load_bound` times its share by weight of what is in flight, rounded up: then
    the next in the order of the hash is taken, and the session stays there. (Consistent hashing
    with bounded loads, Mirrokni, Thorup and Zadimoghaddam, arXiv 1608.01350; the order is that of
    weighted rendezvous hashing, where an endpoint that goes moves its own keys only.)

    Sessions on the move leave half of the room above the even share to those that stay. And up to
    `stay_load` requests drive no session from its home, or little traffic would scatter them all.
    """

    def __init__(
        self,
        *,
        load_bound: Annotated[float, Ge(1)] = 1.25,
        stay_load: Annotated[int, Ge(0)] = 4,
        ttl_s: Annotated[float, Gt(0)] = 300.0,
        most_sessions: Annotated[int, Gt(0)] = 50_000,
        clock: Clock,
    ) -> None:
        self._load_bound = load_bound
        self._move_bound = (1.0 + load_bound) / 2
        self._stay_load = stay_load
        self._homes = _Homes(most_sessions, ttl_s)
        self._idlest = LeastBusy()
        self._clock = clock

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        tenant, session, prefix = workload.tenant, workload.session, workload.fingerprint
        if session is None:
            if prefix is None:
                return self._idlest.choose(free, workload)
            return _first(_within(self._load_bound, free), tenant, prefix)
        now, key = self._clock(), (tenant, session)
        home = self._homes.find(key, now)
        if home is None or not self._may_stay(home, free):
            home = _first(_within(self._move_bound, free), tenant, prefix or session)
        self._homes.keep(key, home, now)
        return home

    def _may_stay(self, home: EndpointState, free: Sequence[EndpointState]) -> bool:
        if home not in free:
            return False
        return home.load() <= self._stay_load or home in _within(self._load_bound, free)


class _Homes:
    """Remembers where each session had its last turn; the longest idle are forgotten first."""

    def __init__(self, most: int, ttl_s: float) -> None:
        self._most = most
        self._ttl_s = ttl_s
        self._homes: OrderedDict[SessionKey, tuple[EndpointState, float]] = OrderedDict()

    def find(self, key: SessionKey, now: float) -> EndpointState | None:
        home, since = self._homes.get(key, (None, now))
        return home if now - since < self._ttl_s else None

    def keep(self, key: SessionKey, home: EndpointState, now: float) -> None:
        self._homes[key] = home, now
        self._homes.move_to_end(key)
        if len(self._homes) > self._most:
            self._homes.popitem(last=False)


def _within(bound: float, free: Sequence[EndpointState]) -> Sequence[EndpointState]:
    """Return those that may take one more; never none, as their shares add up to all."""
    if len(free) == 1:
        return free
    loads = [state.load() for state in free]
    share = bound * (sum(loads) + 1) / sum(state.weight for state in free)
    pairs = zip(free, loads, strict=True)
    return [state for state, load in pairs if load < ceil(share * state.weight)]


def _first(states: Sequence[EndpointState], tenant: str, key: str) -> EndpointState:
    """Return the first in the order of a key: the same in every replica and after a restart."""
    if len(states) == 1:
        return states[0]
    hashed = blake2b(f"{tenant}\0{key}\0".encode(errors="replace"), digest_size=8)
    return max(states, key=lambda state: _rank(hashed.copy(), state))


def _rank(hashed: blake2b, state: EndpointState) -> float:
    """Return the weight over a number that is exponentially distributed."""
    hashed.update(state.endpoint.name.encode())
    number = int.from_bytes(hashed.digest(), "big") >> (64 - _BITS)
    return state.weight / -log((number + 0.5) / 2**_BITS)
