"""Which half of the work of a model is the greater: reading the prompt or writing the answer."""

from typing import Literal

from wrp_proxy.types import Workload

Phase = Literal["prefill", "decode", "balanced"]
_PREFILL_RATIO = 10.0
"""Input tokens for each of output. Reading runs in parallel, writing token by token: chats have
some 8, code completion more than 100 (Splitwise, arXiv 2311.18677, figure 3)."""
_DECODE_RATIO = 2.0


def phase_of(workload: Workload) -> Phase:
    """Name the phase by the ratio of input to expected output."""
    ratio = workload.input_tokens / max(workload.expected_output_tokens, 1)
    if ratio >= _PREFILL_RATIO:
        return "prefill"
    return "decode" if ratio <= _DECODE_RATIO else "balanced"
