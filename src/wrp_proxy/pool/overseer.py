"""What an operator may see and do: show the pools, drain, weigh, revive."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import structlog

from wrp_proxy.pool.base import Clock
from wrp_proxy.pool.boundary import SHORT
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pool.showing import shown, shown_key
from wrp_proxy.pool.state import EndpointState, KeyState
from wrp_proxy.types import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an operator wants of an endpoint; None: as it is."""

    endpoint: str
    """Its name."""
    model: str | None = None
    """Only of this model, where several have an endpoint of that name."""
    draining: bool | None = None
    weight: float | None = None

    @property
    def lasts(self) -> bool:
        """Tell whether it asks for something that is so until it is changed again."""
        return self.draining is not None or self.weight is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """Where an operator wants a model's pool to be cut into short and long."""

    model: str
    tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Where a wish has had its way."""

    models: Sequence[str]
    """Whose endpoints have changed."""
    left_without: Sequence[str]
    """Those of them whose endpoints are all drained now."""


class PoolOverseer:
    """Reads and changes the live state; everything is sync and stays within this process.

    `tell` hears of every wish, to share it.
    """

    def __init__(
        self, pool: LocalPool, models: Callable[[], Iterable[Model]], *, clock: Clock
    ) -> None:
        """`models` are those that clients see."""
        self._pool = pool
        self._models = models
        self._clock = clock
        self.tell: Callable[[Wish | Cut], None] = lambda wish: None
        self._log = structlog.get_logger("wrp_proxy.pool")

    def describe(self) -> list[dict[str, Any]]:
        """Show every model with its endpoints."""
        now, waiting = self._clock(), dict(self._pool.lines())
        return [
            {
                "model": model.name,
                "balance": model.balancing.name,
                "waiting": waiting.get(model.name, 0),
                "boundary": self._boundary(model),
                "endpoints": [shown(state, now) for state in self._pool.states_of(model)],
            }
            for model in self._models()
        ]

    def describe_keys(self) -> list[dict[str, Any]]:
        now = self._clock()
        return [shown_key(key, now) for key in self.key_states()]

    def names(self, model: str | None = None) -> list[str]:
        """List the endpoints there are, or those of one model."""
        states = [state for named, state in self._all() if model in {None, named.name}]
        return list(dict.fromkeys(state.endpoint.name for state in states))

    def knows_model(self, name: str) -> bool:
        return any(model.name == name for model in self._models())

    def by_name(self) -> dict[str, list[EndpointState]]:
        """Group the states of all listed models by the names of their endpoints."""
        found: dict[str, dict[EndpointState, None]] = {}
        for _, state in self._all():
            found.setdefault(state.endpoint.name, {})[state] = None
        return {name: list(states) for name, states in found.items()}

    def key_states(self) -> Sequence[KeyState]:
        return self._pool.keys()

    def change(self, wish: Wish) -> Changed:
        """Obey, and tell; an endpoint of several models changes for all of them."""
        if wish.lasts:
            self.obey(wish)
            self._log.warning("an operator has changed an endpoint", **asdict(wish))
            self.tell(wish)
        changed = {state for _, state in self._meant(wish)}
        models = [m for m in self._models() if changed.intersection(self._pool.states_of(m))]
        return Changed(
            models=[model.name for model in models],
            left_without=[model.name for model in models if self._is_drained(model)],
        )

    def obey(self, wish: Wish) -> None:
        """Change what is meant, without telling; those in line look again."""
        for _, state in self._meant(wish):
            if wish.draining is not None:
                state.is_draining = wish.draining
            if wish.weight is not None:
                state.weight = wish.weight
        self._pool.serve_lines()

    def revive(self, wish: Wish) -> None:
        """Put what is meant back into service at once, with its key."""
        for _, state in self._meant(wish):
            state.is_limited = False
            state.breaker.close()
            state.key.revive()
        self._log.warning("an operator has revived an endpoint", endpoint=wish.endpoint)
        self.look_again()

    def is_cut(self, name: str) -> bool:
        """Tell whether a model is known, and its pool is cut into short and long."""
        return any(model.name == name and model.is_cut for model in self._models())

    def cut(self, cut: Cut) -> str:
        """Cut a pool elsewhere, and tell; return why that cannot be, empty: it can."""
        if why_not := self.obey_cut(cut):
            return why_not
        self._log.warning("an operator has moved a boundary", **asdict(cut))
        self.tell(cut)
        return ""

    def obey_cut(self, cut: Cut) -> str:
        """Cut a pool elsewhere without telling; return why that cannot be."""
        model = next((model for model in self._models() if model.name == cut.model), None)
        if model is None or not model.is_cut:
            return f"The pool of '{cut.model}' is not cut: none of it is `short` or `long`."
        windows = [e.context_window for e in model.endpoints if e.label == SHORT]
        shortest = min((window for window in windows if window is not None), default=cut.tokens)
        if cut.tokens > shortest:
            return (
                f"A `short` endpoint of '{cut.model}' has only {shortest} tokens; "
                "send that or less."
            )
        self._pool.boundaries.move(model, cut.tokens)
        return ""

    def look_again(self) -> None:
        """Let those in line see that something has changed."""
        self._pool.serve_lines()

    def _boundary(self, model: Model) -> dict[str, int | None] | None:
        """Say where the pool is cut; None: it is not."""
        if not model.is_cut:
            return None
        boundaries = self._pool.boundaries
        return {"tokens": boundaries.of(model), "proposed": boundaries.proposed(model)}

    def _is_drained(self, model: Model) -> bool:
        return all(state.is_draining for state in self._pool.states_of(model))

    def _meant(self, wish: Wish) -> Iterable[tuple[Model, EndpointState]]:
        for model, state in self._all():
            if state.endpoint.name == wish.endpoint and wish.model in {None, model.name}:
                yield model, state

    def _all(self) -> Iterable[tuple[Model, EndpointState]]:
        for model in self._models():
            for state in self._pool.states_of(model):
                yield model, state
