"""Is there anything in the answer?"""

from wrp_proxy.grading.base import Seen
from wrp_proxy.signals import Score

SOURCE = "auto:empty"
WEIGHT = 0.5


def empty(seen: Seen) -> Score | None:
    return Score(value=0.0, weight=WEIGHT, source=SOURCE) if _is_empty(seen) else None


def _is_empty(seen: Seen) -> bool:
    """Look at the answer, or where nobody has read it at what was counted."""
    answer, usage = seen.answer, seen.outcome.usage
    if answer is not None:
        return not (answer.text.strip() or answer.calls or answer.refusal.strip())
    if usage is None or usage.estimated or seen.outcome.workload.api == "embeddings":
        return False
    return usage.completion_tokens == 0
