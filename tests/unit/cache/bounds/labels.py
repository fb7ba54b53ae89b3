"""Labels for tests."""

from typing import Any

from wrp_proxy.cache.bounds.label import Label

ENTRY = b"e" * 16
KEY = ("auto", "chat")
PARTITION = b"p" * 16


def label(similarity: float = 0.9, right: bool | None = True, **more: Any) -> Label:
    given = {
        "entry_id": ENTRY,
        "source": "judge",
        "key": KEY,
        "partition": PARTITION,
        **more,
    }
    return Label(similarity=similarity, right=right, **given)


def audit(right: bool | None = True, **more: Any) -> Label:
    """Return what was found about a hit drawn at random."""
    return label(right=right, is_audit=True, **more)
