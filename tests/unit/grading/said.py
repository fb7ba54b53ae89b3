"""Answers as the grader sees them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Called:
    name: str


@dataclass(frozen=True, slots=True)
class Said:
    text: str = "The tide is high at noon."
    calls: Sequence[Called] = ()
    refusal: str = ""
    finish: str = "stop"
