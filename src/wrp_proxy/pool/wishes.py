"""What operators want of endpoints and pools, as all replicas know it."""

from collections.abc import Iterator, Mapping
from typing import Annotated

import msgspec

from wrp_proxy.pool.latest import Latest, Said
from wrp_proxy.pool.overseer import Cut, PoolOverseer, Wish

_OF_MODEL = "\n"
"""Stands between the names of an endpoint and of a model: in neither."""
_Weight = Annotated[float, msgspec.Meta(gt=0)]
_Tokens = Annotated[int, msgspec.Meta(gt=0, le=100_000_000)]


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

    def say(self, wish: Wish | Cut, now_ms: int) -> None:
        for name, value in _told(wish):
            self._registers.say(name, msgspec.json.encode(value), now_ms)

    def merge(self, found: Mapping[bytes, bytes], now_ms: int) -> dict[str, bytes]:
        """Obey what is new, and where there are new endpoints all that is wanted of any; return
        what is owed.
        """
        news, owed = self._registers.merge(found, now_ms)
        endpoints = sum(len(states) for states in self._overseer.by_name().values())
        if news or endpoints != self._obeyed_by:
            self._obeyed_by = endpoints
            for name, said in self._registers.items():
                self._obey(_read(name, said), is_news=name in news)
        return owed

    def _obey(self, wish: Wish | Cut | None, *, is_news: bool) -> None:
        if isinstance(wish, Wish):
            self._overseer.obey(wish)
        elif wish is not None and is_news:
            # Not again: meanwhile the boundary may have followed the traffic.
            self._overseer.obey_cut(wish)


def _told(wish: Wish | Cut) -> Iterator[tuple[str, bool | float]]:
    """Yield what is wanted under the names that it is kept by."""
    if isinstance(wish, Cut):
        yield f"boundary:{wish.model}", wish.tokens
        return
    of = f"{wish.endpoint}{_OF_MODEL}{wish.model}" if wish.model else wish.endpoint
    if wish.draining is not None:
        yield f"draining:{of}", wish.draining
    if wish.weight is not None:
        yield f"weight:{of}", wish.weight


def _read(name: str, said: Said) -> Wish | Cut | None:
    """Read a wish; None: nobody can."""
    what, _, of = name.partition(":")
    endpoint, _, model = of.partition(_OF_MODEL)
    try:
        match what:
            case "draining":
                draining = msgspec.json.decode(said.value, type=bool)
                return Wish(endpoint=endpoint, model=model or None, draining=draining)
            case "weight":
                weight = msgspec.json.decode(said.value, type=_Weight)
                return Wish(endpoint=endpoint, model=model or None, weight=weight)
            case "boundary":
                return Cut(model=of, tokens=msgspec.json.decode(said.value, type=_Tokens))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        pass
    return None
