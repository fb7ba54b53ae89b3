"""The smaller nouns of Workload and Router: what was noticed, wished, scored and shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

Features = npt.NDArray[np.float32]

Signal = Literal[
    "category",
    "complexity",
    "conversation",
    "features",
    "fingerprint",
    "language",
    "risks",
    "warmth",
]
"""What is only computed where a rule, a strategy or a cache policy uses it."""
CATEGORIES = (
    "mathematics",
    "coding",
    "science",
    "reasoning",
    "knowledge",
    "law",
    "medicine",
    "finance",
    "history",
    "humanities",
    "writing",
    "summarising",
    "translation",
    "extraction",
    "tool_use",
    "chat",
)
"""What the shipped classifier tells apart; an operator may add others."""
UNKNOWN = "unknown"
"""The category, or language, of what was not asked for, not recognised or failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferences:
    """What a caller would give for what; None: as the route says."""

    cost: float | None = None
    """Weight of the expected cost against quality; 0: the best, whatever it costs."""
    latency: float | None = None
    """Weight of the expected latency against quality."""
    max_cost_usd: float | None = None
    """No model that is expected to cost more for this request."""


NO_PREFERENCES = Preferences()


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good an answer was, as somebody or something saw it."""

    value: float
    """0 to 1."""
    weight: float = 1.0
    """1: as good as a person's word; automatic signals have less."""
    source: str = "user"
    replaces: float | None = None
    """The value that the same source gave before, which no longer holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a candidate's score is made of, as far as its strategy knows; for people to read."""

    quality: float | None = None
    """Expected, 0 to 1."""
    cost_usd: float | None = None
    """Expected of this request."""
    latency_s: float | None = None
    """Expected, to the end of the answer."""
    bonus: float | None = None
    """For exploration, or for staying with a warm prompt cache."""


Verification = Literal["verify", "agree"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """How an answer is held until it is accepted; made by a strategy, obeyed by the pipeline."""

    how: Verification
    """`verify`: ask the ranking one by one until an answer passes; `agree`: ask `samples` times."""
    verifiers: tuple[str, ...] = ()
    """Names of verifiers that an answer must pass."""
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Of verifiers that score."""
    escalations: int = 1
    """How many further models may be asked."""
    max_ttft_s: float | None = None
    """So long after the request began the client is to have something; None: nobody minds."""
    samples: int = 1
