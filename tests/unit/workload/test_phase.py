"""Which half of a model's work is the greater."""

import pytest

from tests.unit.nouns import workload
from wrp_proxy.workload.phase import Phase, phase_of


@pytest.mark.parametrize(
    ("input_tokens", "output_tokens", "phase"),
    [
        (5000, 50, "prefill"),
        (1000, 100, "prefill"),
        (999, 100, "balanced"),
        (201, 100, "balanced"),
        (200, 100, "decode"),
        (10, 1000, "decode"),
        (100, 0, "prefill"),
    ],
)
def test_it_goes_by_the_ratio_of_tokens(
    input_tokens: int, output_tokens: int, phase: Phase
) -> None:
    seen = workload(input_tokens=input_tokens, expected_output_tokens=output_tokens)

    assert phase_of(seen) == phase
