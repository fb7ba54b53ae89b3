"""How long an answer of a model is expected to take: TTFT, and TPOT times its length."""

from collections.abc import Sequence

from wrp_proxy.routers.figures import Figures
from wrp_proxy.statistics import Clock, Statistics
from wrp_proxy.types import Model, Outcome, Workload

_PRIOR_TTFT_S, _PRIOR_TPOT_S = 1.0, 0.02
"""While nothing is known of any candidate."""
_PRIOR_COUNT = 0.1
"""Of attempts: what is left of a model after many half-lives weighs no more than the others."""
_PRIOR_TOKENS = 10.0
_DISCOUNT = 0.9
"""The last ten attempts tell, about."""


class Speeds:
    """Learns, per model, seconds to the first content and per token, and how often it answers.

    A model that fails is as slow as the attempts it takes until one succeeds. An answer that is not
    streamed only tells of the time per token, beyond the time to the first one known from streams.
    """

    def __init__(self, half_life_s: float, clock: Clock) -> None:
        self.statistics = Statistics(
            "speeds", half_life_s=half_life_s, discount=_DISCOUNT, clock=clock
        )
        """Model -> attempts, answered; streams, their TTFT; tokens, the time these took."""
        self._figures = Figures(self.statistics, 6, clock)

    def expected_s(self, workload: Workload, candidates: Sequence[Model]) -> list[float]:
        """Return seconds to the end of the answer, in the candidates' order."""
        sums = self._figures.of([model.name for model in candidates])
        _, _, streams, first_s, tokens, decode_s = map(sum, zip(*sums, strict=True))
        ttft_s = first_s / streams if streams else (0.0 if tokens else _PRIOR_TTFT_S)
        tpot_s = decode_s / tokens if tokens else _PRIOR_TPOT_S
        length = workload.expected_output_tokens
        return [_expected_s(one, ttft_s, tpot_s, length) for one in sums]

    def learn(self, outcome: Outcome) -> None:
        """Take note of an attempt; scores and cached answers say nothing about it."""
        if outcome.score is not None or outcome.cached not in {"miss", "bypass"}:
            return
        if outcome.finish == "failed":
            self._figures.add(outcome.model, (1.0, 0.0, 0.0, 0.0, 0.0, 0.0))
        elif outcome.finish == "complete" or outcome.first_content_s is not None:
            self._figures.add(outcome.model, (1.0, 1.0, *self._seen(outcome)))

    def _seen(self, outcome: Outcome) -> tuple[float, float, float, float]:
        tokens = 0
        if outcome.finish == "complete" and outcome.usage is not None:
            tokens = max(outcome.usage.completion_tokens, 0)
        if outcome.stream and outcome.first_content_s is not None:
            first_s = outcome.first_content_s
            streamed = (1.0, first_s)
        else:
            (known,) = self._figures.of([outcome.model])
            first_s = known[3] / known[2] if known[2] else 0.0
            streamed = (0.0, 0.0)
        decode_s = max(outcome.duration_s - first_s, 0.0) if tokens else 0.0
        return (*streamed, float(tokens), decode_s)


def _expected_s(sums: Sequence[float], ttft_s: float, tpot_s: float, length: int) -> float:
    """Draw a model's means towards those of all candidates, the less is known of it."""
    attempts, answered, streams, first_s, tokens, decode_s = sums
    if tokens and not streams:
        ttft_s = 0.0  # it is part of the time per token
    first_s = (first_s + _PRIOR_COUNT * ttft_s) / (streams + _PRIOR_COUNT)
    token_s = (decode_s + _PRIOR_TOKENS * tpot_s) / (tokens + _PRIOR_TOKENS)
    success = (answered + _PRIOR_COUNT) / (attempts + _PRIOR_COUNT)
    return (first_s + token_s * length) / success
