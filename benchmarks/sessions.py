"""Tell what it saves to stay with a conversation's model, against switching at every turn.

    python benchmarks/sessions.py [--conversations 400]

Simulated: conversations of 1 to 20 turns, 5 to 90 s apart, with models of one price that keep a
prompt in their caches for 300 s. A strategy finds now this model better, now that one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Annotated

import typer

from wrp_proxy.routers.base import Router
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routers.session import Session
from wrp_proxy.signals import Parts
from wrp_proxy.types import Decision, Endpoint, Model, Outcome, Price, Usage, Workload

PRICE = Price(input=2.0, output=8.0, cached_input=0.2)
_CACHED_FOR_S = 300.0
_HALF_LIFE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """How long what is said in a conversation is, in tokens, and how many models it may go to."""

    system: int
    question: int
    answer: int
    models: int = 3


CHAT = Habit(system=2_000, question=200, answer=300)
AGENT = Habit(system=30_000, question=1_500, answer=200, models=6)
"""Descriptions of tools at the start, and their results at every turn."""


@dataclass(slots=True)
class Told:
    """What conversations came to."""

    turns: int = 0
    switches: int = 0
    cost_usd: float = 0.0
    input_usd: float = 0.0
    quality: float = 0.0


class Clock:
    """Goes on only when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Changing(FixedOrder):
    """Finds now this model better, now that one, by up to `spread`, as strategies by topics do."""

    def __init__(self, spread: float) -> None:
        self._draw = Random(7)  # noqa: S311 - repeatable
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


def main(
    conversations: Annotated[int, typer.Option(help="To be held each way.")] = 400,
) -> None:
    print("with the session layer, against without: switches, cost, its part for prompts, quality")
    for name, habit in (("chat", CHAT), ("agent", AGENT)):
        for spread in (0.3, 0.6):
            alone, staying = compared(habit, spread, conversations)
            print(
                f"{name:6} {habit.models} models that differ by up to {spread}: "
                f"{staying.switches / alone.switches - 1:+.0%} "
                f"{staying.cost_usd / alone.cost_usd - 1:+.0%} "
                f"{staying.input_usd / alone.input_usd - 1:+.0%} "
                f"{(staying.quality - alone.quality) / alone.turns:+.2f}"
            )


def compared(habit: Habit, spread: float, conversations: int) -> tuple[Told, Told]:
    """Return what the same conversations come to without the session layer, and with it."""
    clock = Clock()
    alone = converse(Changing(spread), clock, habit, conversations)
    clock = Clock()
    return alone, converse(Session(Changing(spread), clock=clock), clock, habit, conversations)


def converse(router: Router, clock: Clock, habit: Habit, conversations: int) -> Told:
    """Hold conversations, one after the other."""
    draw = Random(1)  # noqa: S311 - repeatable
    told = Told()
    for number in range(conversations):
        _one(router, clock, habit, f"s{number}", draw, told)
    return told


def _one(
    router: Router, clock: Clock, habit: Habit, session: str, draw: Random, told: Told
) -> None:
    models = [_model(f"model-{place}") for place in range(habit.models)]
    cached: dict[str, tuple[float, int]] = {}
    """Model -> when it read how many tokens of this conversation."""
    before, prompt, last_s = "", habit.system, clock.now
    for turn in range(1, draw.randrange(1, 21) + 1):
        clock.now += draw.uniform(5.0, 90.0)
        seen = prompt if turn > 1 else 0
        prompt += habit.question
        warmth = seen / prompt * 0.5 ** ((clock.now - last_s) / _HALF_LIFE_S)
        asked = _workload(habit, session, turn, prompt, warmth)
        decision = router.select(asked, models)
        chosen, last_s = decision.ranking[0], clock.now
        at, length = cached.get(chosen.name, (-_CACHED_FOR_S, 0))
        reused = length if clock.now - at < _CACHED_FOR_S else 0
        used = Usage(prompt_tokens=prompt, completion_tokens=habit.answer, cached_tokens=reused)
        router.learn(_outcome(chosen, asked, used))
        cached[chosen.name] = clock.now, prompt
        told.turns += 1
        told.switches += before not in {"", chosen.name}
        told.cost_usd += PRICE.cost_usd(used)
        told.input_usd += PRICE.cost_usd(used) - PRICE.output * habit.answer / 1e6
        told.quality += decision.parts[chosen.name].quality or 0.0
        before, prompt = chosen.name, prompt + habit.answer


def _model(name: str) -> Model:
    endpoint = Endpoint(provider="simulated", model=name, price=PRICE)
    return Model(name=name, endpoints=(endpoint,), price=PRICE)


def _workload(habit: Habit, session: str, turn: int, prompt: int, warmth: float) -> Workload:
    return Workload(
        input_tokens=prompt,
        tokens_exact=True,
        text_bytes=4 * prompt,
        max_output_tokens=None,
        expected_output_tokens=habit.answer,
        kind="chat",
        needs=frozenset(),
        session=session,
        turn=turn,
        warmth=warmth,
    )


def _outcome(chosen: Model, asked: Workload, used: Usage) -> Outcome:
    return Outcome(
        request_id="simulated",
        started_at=0.0,
        tenant=asked.tenant,
        session=asked.session,
        route="auto",
        model=chosen.name,
        endpoint=chosen.endpoints[0].name,
        router="changing",
        reason="",
        propensity=1.0,
        workload=asked,
        usage=used,
        cost_usd=PRICE.cost_usd(used),
        first_content_s=None,
        duration_s=1.0,
        finish="complete",
        error=None,
        attempt=1,
        cached="bypass",
        stream=False,
    )


if __name__ == "__main__":
    typer.run(main)
