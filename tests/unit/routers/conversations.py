"""Conversations with models that keep prompts in their caches, to see what switching costs."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from tests.unit.clock import Clock
from tests.unit.nouns import model, outcome, usage, workload
from wrp_proxy.routers.base import Router
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.signals import Parts
from wrp_proxy.types import Decision, Model, Outcome, Price, Workload

MODELS = tuple(
    model(name, price=Price(input=2.0, output=8.0, cached_input=0.2)) for name in ("a", "b", "c")
)
"""Of one price, cached prompts a tenth of it."""
_ANSWER, _QUESTION, _SYSTEM = 300, 200, 2000
_CACHED_FOR_S = 300.0


class Changing(FixedOrder):
    """Finds now this model better, now that one, by up to `spread`, as strategies by topics do."""

    def __init__(self, seed: int, spread: float) -> None:
        self._draw = Random(seed)  # noqa: S311 - reproducible, not secret
        self._spread = spread

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        scores = {one.name: 0.4 + self._spread * self._draw.random() for one in candidates}
        return Decision(
            ranking=tuple(sorted(candidates, key=lambda one: -scores[one.name])),
            router=self.name,
            reason="the highest score",
            scores=dict(scores),
            parts={name: Parts(quality=score) for name, score in scores.items()},
        )


@dataclass(slots=True)
class Told:
    """What conversations came to."""

    turns: int = 0
    switches: int = 0
    cost_usd: float = 0.0
    input_usd: float = 0.0
    quality: float = 0.0
    seen: dict[str, float] = field(default_factory=dict)


def converse(router: Router, clock: Clock, conversations: int, seed: int) -> Told:
    """Hold conversations of 1 to 20 turns, one after the other, 5 to 90 s between the turns."""
    draw = Random(seed)  # noqa: S311 - reproducible, not secret
    told = Told()
    for number in range(conversations):
        _one(router, clock, f"s{number}", draw, told)
    return told


def _one(router: Router, clock: Clock, session: str, draw: Random, told: Told) -> None:
    cached: dict[str, tuple[float, int]] = {}
    """Model -> when it read how many tokens of this conversation."""
    before, prompt, last_s = "", _SYSTEM, clock.now
    for turn in range(1, draw.randrange(1, 21) + 1):
        clock.now += draw.uniform(5.0, 90.0)
        prompt += _QUESTION
        warmth = (prompt - _QUESTION) / prompt * 0.5 ** ((clock.now - last_s) / 60) * (turn > 1)
        asked = workload(
            input_tokens=prompt,
            expected_output_tokens=_ANSWER,
            session=session,
            turn=turn,
            warmth=warmth,
        )
        decision = router.select(asked, MODELS)
        chosen, last_s = decision.ranking[0], clock.now
        at, length = cached.get(chosen.name, (-_CACHED_FOR_S, 0))
        reused = length if clock.now - at < _CACHED_FOR_S else 0
        ended = _ended(chosen, asked, prompt, reused)
        router.learn(ended)
        cached[chosen.name] = clock.now, prompt
        told.turns += 1
        told.switches += before not in {"", chosen.name}
        told.cost_usd += ended.cost_usd or 0.0
        told.input_usd += (ended.cost_usd or 0.0) - 8.0 * _ANSWER / 1e6
        told.quality += decision.parts[chosen.name].quality or 0.0
        before, prompt = chosen.name, prompt + _ANSWER


def _ended(chosen: Model, asked: Workload, prompt: int, reused: int) -> Outcome:
    used = usage(prompt, _ANSWER, cached_tokens=reused)
    assert chosen.price is not None
    return outcome(
        model=chosen.name, workload=asked, usage=used, cost_usd=chosen.price.cost_usd(used)
    )
