"""A cascade on made-up agents' traffic, whose calls of tools can be checked.

Each request has a difficulty, drawn evenly from 0 to 1, and each model a strength: it calls the
right tool with arguments that fit if its strength, with some luck, is above the difficulty. The
verifier sees what a schema shows: it finds 19 of 20 bad calls, and takes 1 of 20 good ones for bad.
"""

import numpy as np

from wrp_proxy.evaluation.frontier import Point
from wrp_proxy.evaluation.judge import Judge
from wrp_proxy.evaluation.measuring import Json
from wrp_proxy.evaluation.replay import Replay
from wrp_proxy.evaluation.strategies import SimulatedClock, make_strategy, read_strategies
from wrp_proxy.evaluation.table import OutcomeTable, Query, recorded_model
from wrp_proxy.types import Price, Workload

_QUERIES = 4000
_STRENGTHS = {"tiny": 0.7, "small": 0.76, "medium": 0.82, "large": 0.88}
"""About what models of these prices reach on public tests of tool calling."""
_PRICES = {"tiny": 0.1, "small": 0.4, "medium": 1.2, "large": 3.0}
"""USD per million tokens."""
_LUCK = 0.15
_INPUT, _OUTPUT = 1200, 80
_ERROR = 0.05
STRATEGY = "cascade"


def measured_cascade(seed: int = 0) -> Json:
    """Return accuracy and USD per 1,000 requests of the cascade and of what it is held against."""
    table = _table(seed)
    means = table.scores.mean(axis=0)
    best = int(means.argmax())
    costs = table.costs_usd.mean(axis=0) * 1000
    return {
        "cascade": _served(table, seed),
        "best single": (float(costs[best]), float(means[best])),
        "oracle": _oracle(table),
    }


def _served(table: OutcomeTable, seed: int) -> Point:
    spec = read_strategies([STRATEGY], {"escalations": 2}, table.models, seed)[STRATEGY]
    clock = SimulatedClock()
    replay = Replay(
        table,
        [_workload()] * len(table),
        judge=Judge(error=_ERROR, seed=seed),
        clock=clock,
        cost_weight=None,
    )
    return replay.run(make_strategy(spec, clock), told=True).point


def _oracle(table: OutcomeTable) -> Point:
    """Ask the cheapest model that is right; the cheapest of all where none is."""
    rows, first = np.arange(len(table)), table.scores.argmax(axis=1)
    return (
        float(table.costs_usd[rows, first].mean()) * 1000,
        float(table.scores[rows, first].mean()),
    )


def _table(seed: int) -> OutcomeTable:
    draws = np.random.default_rng(seed)
    difficulty = draws.random((_QUERIES, 1))
    luck = draws.normal(0, _LUCK, (_QUERIES, len(_STRENGTHS)))
    scores = (np.array(list(_STRENGTHS.values())) + luck > difficulty).astype(float)
    per_token = np.array(list(_PRICES.values())) / 1e6
    return OutcomeTable(
        models=tuple(
            [recorded_model(name, Price(input=p, output=p)) for name, p in _PRICES.items()]
        ),
        queries=tuple([Query(id=str(n), text="", label=None) for n in range(_QUERIES)]),
        scores=scores,
        costs_usd=np.tile(per_token * (_INPUT + _OUTPUT), (_QUERIES, 1)),
        latencies_s=np.full(scores.shape, np.nan),
    )


def _workload() -> Workload:
    return Workload(
        input_tokens=_INPUT,
        tokens_exact=True,
        text_bytes=4 * _INPUT,
        max_output_tokens=None,
        expected_output_tokens=_OUTPUT,
        kind="agent",
        needs=frozenset({"tools"}),
        category="tool_use",
    )
