"""What a Claude model accepts, by the generation that stands in its name."""

import re
from dataclasses import dataclass
from typing import Literal

Effort = Literal["low", "medium", "high", "xhigh", "max"]
Thinking = Literal["none", "budget", "adaptive"]

_GENERATION = re.compile(r"claude-(?:([a-z]+)-)?(\d{1,2})(?!\d)(?:[-.](\d{1,2})(?!\d))?")
_NEWEST = (99, 0)
_CAN_STOP_THINKING = {("opus", (5, 0)), ("sonnet", (5, 0)), ("haiku", (5, 5))}
_SMALLEST_ANSWER = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Traits:
    """The differences between models that a translated request has to respect."""

    thinking: Thinking
    """How it is told to think: by a number of tokens, or by an effort."""
    efforts: tuple[Effort, ...] = ()
    """Ascending."""
    thinks_unasked: bool = False
    can_stop_thinking: bool = True
    samples: bool
    """It takes temperature, top_p and top_k; others answer 400."""
    system_turns: bool
    """A system message may stand among the messages."""
    schemas: bool
    """It can be held to a JSON schema."""
    max_answer_tokens: int | None = None
    """Only where it is less than what is asked for by default."""


_FOREIGN = Traits(thinking="budget", samples=True, system_turns=False, schemas=False)
"""Other vendors' models behind this protocol: they have the oldest part of it in common."""


def traits_of(model: str) -> Traits:
    """Look up a model by its upstream name; an unknown Claude is taken for a new one."""
    name = model.lower()
    if "claude" not in name:
        return _FOREIGN
    found = _GENERATION.search(name)
    family = found[1] if found else None
    version = (int(found[2]), int(found[3] or 0)) if found else _NEWEST
    return Traits(
        thinking=_thinking(version),
        efforts=_efforts(version),
        thinks_unasked=version >= (5, 0),
        can_stop_thinking=version < (5, 0) or (family, version) in _CAN_STOP_THINKING,
        samples=version < (4, 7),
        system_turns=version >= (4, 8),
        schemas=version >= (4, 5),
        max_answer_tokens=_SMALLEST_ANSWER if version < (3, 7) else None,
    )


def _thinking(version: tuple[int, int]) -> Thinking:
    if version < (3, 7):
        return "none"
    return "budget" if version < (4, 6) else "adaptive"


def _efforts(version: tuple[int, int]) -> tuple[Effort, ...]:
    if version < (4, 6):
        return ()
    if version < (4, 7):
        return ("low", "medium", "high", "max")
    return ("low", "medium", "high", "xhigh", "max")
