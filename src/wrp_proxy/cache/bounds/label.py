"""What was found out about one entry as the answer to one other question."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """Made by the judge and by feedback; learnt from by the bounds."""

    entry_id: bytes
    similarity: float
    """Cosine of the entry's question and the other one."""
    right: bool | None
    """The entry's answer answers the other question; None: the judge contradicted itself, which
    says something of the judge and nothing of the entry.
    """
    source: Literal["judge", "feedback"]
    key: tuple[str, str]
    """Route and category."""
    partition: bytes
    is_audit: bool = False
    """About a hit drawn at random. Only such labels say how often hits are wrong: misses are not
    served, and who sends feedback mostly complains.
    """
