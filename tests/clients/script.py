"""What the model of the laboratory says: the same in each protocol."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

HELLO = "Hello there, Zoë 🌊"
FORECAST = "Sun in Paris, rain in Oslo."
THOUGHT = "They want one sentence."
SIGNATURE = "c2lnbmVk+/8="
"""What Anthropic signs a thought with."""
PERSON = {"name": "Ada", "age": 36}
VECTOR = [0.25, -0.5, 1.0]
INPUT_TOKENS, OUTPUT_TOKENS = 11, 7

_ARGUMENTS: Mapping[str, Sequence[Mapping[str, Any]]] = {
    "weather": ({"city": "Paris"}, {"city": "Oslo"}),
    "Person": (PERSON,),
    "PartialPerson": (PERSON,),
    "final_result": (PERSON,),
    "Bash": ({"command": "echo from-the-shell", "description": "Say where it runs"},),
    "exec_command": ({"cmd": "echo from-the-shell"},),
}
"""Tool -> the arguments of each call of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    id: str
    name: str
    arguments: str

    @property
    def fragments(self) -> tuple[str, str]:
        """Cut the arguments in two, as a stream does."""
        middle = len(self.arguments) // 2
        return self.arguments[:middle], self.arguments[middle:]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request, whatever its protocol."""

    tools: Sequence[str] = ()
    wants_json: bool = False
    has_results: bool = False
    thinks: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """What the model says next: a text, or calls of tools."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    thought: str = ""

    @property
    def pieces(self) -> list[str]:
        """Cut the text into words, as a stream does."""
        words = self.text.split(" ")
        return [*(f"{word} " for word in words[:-1]), words[-1]]


def next_turn(asked: Asked) -> Turn:
    """Think first where that is asked for."""
    turn = _without_thought(asked)
    return replace(turn, thought=THOUGHT) if asked.thinks else turn


def _without_thought(asked: Asked) -> Turn:
    """Call the first tool that is known, once; give a person where JSON is asked for."""
    if asked.has_results:
        return Turn(text=FORECAST)
    if asked.wants_json:
        return Turn(text=json.dumps(PERSON))
    known = [name for name in asked.tools if name in _ARGUMENTS]
    return Turn(calls=_calls(known[0])) if known else Turn(text=HELLO)


def _calls(name: str) -> tuple[ToolCall, ...]:
    return tuple(
        ToolCall(id=f"call_{number}", name=name, arguments=json.dumps(arguments))
        for number, arguments in enumerate(_ARGUMENTS[name], 1)
    )
