"""How long an answer is expected to take: as the pool sees it now, else as was learnt."""

from collections.abc import Sequence
from dataclasses import dataclass

from wrp_proxy.pool_view import PoolView
from wrp_proxy.routers.speeds import Speeds
from wrp_proxy.types import Model, Workload

_TOLD_S = 0.05
"""Shorter waits are not worth a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Latencies:
    """Of each candidate, in their order."""

    seconds: list[float]
    """To the end of the answer, with the wait for a slot."""
    down: list[bool]
    """No endpoint of it that could serve is in service."""
    said: tuple[str, ...]
    """Who is down, and who keeps one waiting, in words."""


def latencies(
    speeds: Speeds, pool: PoolView, workload: Workload, candidates: Sequence[Model]
) -> Latencies:
    """Ask the pool, which sees the queues, and the learnt speeds for what it does not know yet."""
    learnt = speeds.expected_s(workload, candidates)
    seen = [pool.expect(model, workload) for model in candidates]
    seconds = [
        one.wait_s + learnt_s if one.answer_s is None else one.answer_s
        for one, learnt_s in zip(seen, learnt, strict=True)
    ]
    said = []
    for model, one in zip(candidates, seen, strict=True):
        if one.is_down:
            said.append(f"{model.name} is out of service")
        elif one.wait_s >= _TOLD_S:
            said.append(f"{model.name} is full, {one.wait_s:.1f} s of waiting expected")
    return Latencies(seconds=seconds, down=[one.is_down for one in seen], said=tuple(said))
