"""What is in flight at other replicas, as they said lately."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from wrp_proxy.pool.state import EndpointState

_MOST_REPLICAS = 256
_MOST_IN_FLIGHT = 1_000_000
_FRESH_S = 5.0
_GONE_S = 30.0

States = Mapping[str, Sequence[EndpointState]]
"""Name of an endpoint -> its states."""


class _Told(msgspec.Struct, frozen=True, kw_only=True):
    turn: int
    """Goes up with every telling: what stays the same is of a replica that is gone."""
    busy: dict[str, int]
    """In flight, by the names of endpoints; without those that have nothing."""


@dataclass(slots=True)
class _Other:
    turn: int
    heard_at: float
    busy: Mapping[str, int] = field(default_factory=dict)


class Crowd:
    """Knows the other replicas; no clock but this process's own tells who is gone."""

    def __init__(self, sender: str) -> None:
        """`sender` names this replica."""
        self._sender = sender.encode()
        self._turn = 0
        self._others: dict[bytes, _Other] = {}
        self._fresh: list[_Other] = []
        self._heard_at = 0.0
        self.damaged = 0

    @property
    def size(self) -> int:
        """How many others are heard of."""
        return len(self._fresh)

    def telling(self, states: States) -> bytes:
        """Say what is in flight here."""
        self._turn += 1
        sums = {name: sum(one.in_flight for one in some) for name, some in states.items()}
        busy = {name: count for name, count in sums.items() if count}
        return msgspec.json.encode(_Told(turn=self._turn, busy=busy))

    def hear(self, found: Mapping[bytes, bytes], now: float) -> list[bytes]:
        """Take note of the others; return those that have long been gone."""
        self.damaged, self._heard_at = 0, now
        others = {}
        for name, packed in list(found.items())[:_MOST_REPLICAS]:
            told = _read(packed)
            if told is None:
                self.damaged += 1
            elif name != self._sender:
                others[name] = self._other(name, told, now)
        self._others = others
        self._fresh = [one for one in others.values() if now - one.heard_at <= _FRESH_S]
        return [name for name, one in others.items() if now - one.heard_at > _GONE_S]

    def apply(self, states: States) -> None:
        for name, some in states.items():
            count = sum(other.busy.get(name, 0) for other in self._fresh)
            for state in some:
                state.elsewhere = count

    def fade(self, states: States, now: float) -> None:
        """Nothing was heard: forget what is too old."""
        if now - self._heard_at > _FRESH_S:
            self._fresh = []
            self.apply(states)

    def _other(self, name: bytes, told: _Told, now: float) -> _Other:
        known = self._others.get(name)
        if known is not None and known.turn == told.turn:
            return known
        return _Other(told.turn, now, told.busy)


def _read(packed: bytes) -> _Told | None:
    try:
        told = msgspec.json.decode(packed, type=_Told)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return told if all(0 <= n <= _MOST_IN_FLIGHT for n in told.busy.values()) else None
