"""What operators want of endpoints, as all replicas know it."""

from collections.abc import Mapping
from math import isfinite

import msgspec

from wrp_proxy.pool.latest import Latest, Said
from wrp_proxy.pool.overseer import PoolOverseer, Wish

_OF_MODEL = "\n"
"""Stands between the names of an endpoint and of a model: in neither."""


class Wishes:
    """Keeps each of them under a name of its own, so that the later one does not undo another."""

    def __init__(self, overseer: PoolOverseer) -> None:
        self._overseer = overseer
        self._registers = Latest()
        self._obeyed_by = 0
        """Endpoints there were when all was last obeyed."""

    @property
    def damaged(self) -> int:
        return self._registers.damaged

    def say(self, wish: Wish, now_ms: int) -> None:
        of = f"{wish.endpoint}{_OF_MODEL}{wish.model}" if wish.model else wish.endpoint
        for what in ("draining", "weight"):
            value = getattr(wish, what)
            if value is not None:
                self._registers.say(f"{what}:{of}", msgspec.json.encode(value), now_ms)

    def merge(self, found: Mapping[bytes, bytes], now_ms: int) -> dict[str, bytes]:
        """Obey what is new, all of it where there are new endpoints; return what is owed."""
        news, owed = self._registers.merge(found, now_ms)
        endpoints = sum(len(states) for states in self._overseer.by_name().values())
        if news or endpoints != self._obeyed_by:
            self._obeyed_by = endpoints
            for name, said in self._registers.items():
                wish = _read(name, said)
                if wish is not None:
                    self._overseer.obey(wish)
        return owed


def _read(name: str, said: Said) -> Wish | None:
    """Read a wish; None: nobody can."""
    what, _, of = name.partition(":")
    endpoint, _, model = of.partition(_OF_MODEL)
    try:
        if what == "draining":
            draining = msgspec.json.decode(said.value, type=bool)
            return Wish(endpoint=endpoint, model=model or None, draining=draining)
        weight = msgspec.json.decode(said.value, type=float)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if what != "weight" or not isfinite(weight) or weight <= 0:
        return None
    return Wish(endpoint=endpoint, model=model or None, weight=weight)
