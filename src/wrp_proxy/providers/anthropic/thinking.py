"""How much to think: OpenAI's `reasoning_effort` in the words that a model knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wrp_proxy.providers.anthropic.traits import Traits

_BUDGETS = {
    "minimal": 1024,
    "low": 4096,
    "medium": 8192,
    "high": 16384,
    "xhigh": 24576,
    "max": 24576,
}
_MIN_BUDGET = 1024
_MAX_OUTPUT = 32000
"""The shortest limit among the models that think by budget: Claude Opus 4."""
_DESCENDING = ("max", "xhigh", "high", "medium", "low")


@dataclass(frozen=True, slots=True, kw_only=True)
class Depth:
    """What to ask for, as fields of the request."""

    max_tokens: int
    thinking: dict[str, Any] | None = None
    effort: str | None = None

    @property
    def is_thinking(self) -> bool:
        return self.thinking is not None and self.thinking.get("type") != "disabled"


def to_depth(
    body: Mapping[str, Any], traits: Traits, *, default_tokens: int, may_think: bool
) -> Depth:
    """Decide; `thinking` as the caller wrote it goes before `reasoning_effort`.

    Answer and thoughts share `max_tokens`, there as with OpenAI. `may_think` False says that the
    conversation does not allow a model to begin.
    """
    asked_tokens = _positive(body.get("max_completion_tokens")) or _positive(body.get("max_tokens"))
    room = min(default_tokens, traits.max_answer_tokens or default_tokens)
    thinking, effort = body.get("thinking"), body.get("reasoning_effort")
    if not isinstance(effort, str) or (effort != "none" and effort not in _BUDGETS):
        effort = None
    if isinstance(thinking, dict):
        return _as_told(thinking, effort, traits, asked_tokens or room)
    if effort is None:
        return Depth(max_tokens=asked_tokens or room)
    if traits.thinking == "adaptive":
        return _adaptive(effort, traits, asked_tokens or room, may_think=may_think)
    if effort == "none" or traits.thinking == "none" or not may_think:
        return Depth(max_tokens=asked_tokens or room)
    return _budgeted(_BUDGETS[effort], asked_tokens, room)


def _as_told(
    thinking: dict[str, Any], effort: str | None, traits: Traits, max_tokens: int
) -> Depth:
    budget = _positive(thinking.get("budget_tokens")) or 0
    is_known = traits.efforts and effort not in {None, "none"}
    return Depth(
        max_tokens=max_tokens + budget if max_tokens <= budget else max_tokens,
        thinking=thinking,
        effort=_known(effort, traits) if effort and is_known else None,
    )


def _adaptive(effort: str, traits: Traits, max_tokens: int, *, may_think: bool) -> Depth:
    if effort == "none":
        return _unthinking(traits, max_tokens)
    thinking = {"type": "adaptive", "display": "summarized"} if may_think else None
    known = _known(effort, traits)
    return Depth(max_tokens=max_tokens, thinking=thinking, effort=known)


def _unthinking(traits: Traits, max_tokens: int) -> Depth:
    """Some models cannot be kept from thinking: those are asked for as little as possible."""
    if not traits.thinks_unasked:
        return Depth(max_tokens=max_tokens)
    if traits.can_stop_thinking:
        return Depth(max_tokens=max_tokens, thinking={"type": "disabled"})
    return Depth(max_tokens=max_tokens, effort=traits.efforts[0])


def _known(effort: str, traits: Traits) -> str:
    """Return the effort itself, or the highest below it that the model has."""
    if effort not in _DESCENDING:
        return traits.efforts[0]
    lower = _DESCENDING[_DESCENDING.index(effort) :]
    return next((name for name in lower if name in traits.efforts), traits.efforts[0])


def _budgeted(budget: int, asked_tokens: int | None, room: int) -> Depth:
    """Leave half of what was asked for to the answer; a small limit leaves no thinking at all."""
    max_tokens = asked_tokens or min(room + budget, max(_MAX_OUTPUT, room))
    budget = min(budget, max_tokens // 2 if asked_tokens else max_tokens - 1)
    if budget < _MIN_BUDGET:
        return Depth(max_tokens=max_tokens)
    return Depth(max_tokens=max_tokens, thinking={"type": "enabled", "budget_tokens": budget})


def _positive(value: object) -> int | None:
    is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if is_count and isinstance(value, int) else None
