"""How far the cache may go: per route, and per category of a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

FLOOR = 0.85
"""No setting, header or load makes a threshold lower; only labels of one entry do."""
HOUR_S = 3600.0
DAY_S = 24 * HOUR_S

Preset = Literal["strict", "balanced", "lenient", "exact-only", "off"]
VerifierName = Literal["guard", "strict-guard", "learned"]
Scope = Literal["key", "team", "global"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What holds for one category of one route."""

    preset: Preset = "exact-only"
    threshold: float = 0.92
    """Cosine from which on an answer to another wording may be given."""
    verifier: VerifierName = "guard"
    ttl_s: float = 7 * DAY_S
    """From when an answer was made; a hit does not extend it."""
    scope: Scope = "key"
    """Who shares answers; `global`: besides one's own, those marked public."""
    max_temperature: float = 1.0
    """Requests above it are not cached; without a temperature they have 1."""
    max_history: int = 4
    """Messages before the last one, up to which other wordings are looked for."""
    error_budget: float = 0.03
    """Share of wrong answers among hits that audits may find before the threshold rises."""
    load_relax: float = 0.0
    """Lower the threshold by up to this, in proportion to the load of the route's models."""
    load_stretch: float = 1.0
    """Multiply the TTL by up to this, in the same proportion."""
    is_unasked: bool = False
    """Nobody has configured it: who asks for the cache has more of it."""
    explore: float | None = None
    """Share of errors allowed to per-entry exploration (vCache); None: fixed thresholds."""

    @property
    def is_on(self) -> bool:
        return self.preset != "off"

    @property
    def is_semantic(self) -> bool:
        return self.preset not in {"off", "exact-only"}

    def threshold_at(self, load: float) -> float:
        """Return the threshold at a load from 0 to 1; never under the floor."""
        return max(self.threshold - self.load_relax * load, min(FLOOR, self.threshold))

    def ttl_at(self, load: float) -> float:
        return self.ttl_s * (1 + (self.load_stretch - 1) * load)


PRESETS: Mapping[str, Policy] = {
    "strict": Policy(
        preset="strict", threshold=0.95, verifier="strict-guard", ttl_s=DAY_S, error_budget=0.01
    ),
    "balanced": Policy(preset="balanced"),
    "lenient": Policy(preset="lenient", threshold=0.88, error_budget=0.05, ttl_s=30 * DAY_S),
    "exact-only": Policy(preset="exact-only"),
    "off": Policy(preset="off"),
}
_CAREFUL_FIRST = ("off", "exact-only", "strict", "balanced", "lenient")
CAREFUL_CATEGORIES = ("coding", "mathematics")
"""Where one sign changes the answer: strict, unless the configuration says otherwise."""


def as_careful(policy: Policy, preset: str | None) -> Policy:
    """Return the policy, or the preset where that one is more careful."""
    if preset is None or _CAREFUL_FIRST.index(preset) >= _CAREFUL_FIRST.index(policy.preset):
        return policy
    return replace(PRESETS[preset], scope=policy.scope, max_temperature=policy.max_temperature)


def make_policy(base: Policy, changes: Mapping[str, Any]) -> Policy:
    """Lay settings over a policy; a `preset` among them replaces it first.

    The learned verifier weighs the cosine itself: it looks at all above the floor, unless a
    threshold is set.
    """
    changes = {name: value for name, value in changes.items() if value is not None}
    if preset := changes.pop("preset", None):
        base = replace(PRESETS[preset], scope=base.scope)
    base = replace(base, is_unasked=False)
    if changes.get("verifier") == "learned":
        changes.setdefault("threshold", FLOOR)
    return replace(base, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePolicy:
    """What holds for a route: one policy, and others for some categories."""

    default: Policy
    categories: Mapping[str, Policy] = field(default_factory=dict)

    def of(self, category: str) -> Policy:
        return self.categories.get(category, self.default)

    @property
    def is_semantic(self) -> bool:
        """Tell whether any category looks for other words."""
        return self.default.is_semantic or any(p.is_semantic for p in self.categories.values())


def with_careful(default: Policy) -> Mapping[str, Policy]:
    """Return the policies of the categories that need more care than the default gives."""
    strict = PRESETS["strict"]
    if not default.is_semantic or default.threshold >= strict.threshold:
        return {}
    careful = replace(
        default,
        threshold=strict.threshold,
        verifier=strict.verifier,
        error_budget=strict.error_budget,
    )
    return dict.fromkeys(CAREFUL_CATEGORIES, careful)


UNASKED = RoutePolicy(default=replace(PRESETS["exact-only"], max_temperature=0.0, is_unasked=True))
"""Of routes that say nothing: the very same request, where its answer cannot be another."""
