"""What a strategy has learnt, as a file that it starts from."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from time import time
from typing import Any

import msgspec

from wrp_proxy.evaluation.describing import Described, make_classifier
from wrp_proxy.evaluation.logged import LoggedChoice, examples_of_log
from wrp_proxy.evaluation.strategies import (
    SimulatedClock,
    examples_of,
    make_strategy,
    read_strategies,
    teach,
)
from wrp_proxy.evaluation.table import OutcomeTable
from wrp_proxy.routers.base import Example, Router
from wrp_proxy.types import Model


def fitted_to_table(
    table: OutcomeTable, strategy: str, parameters: Mapping[str, Any], seed: int
) -> Router:
    """Return a strategy that has learnt from all of a table, by the categories of the proxy."""
    router = _made(strategy, parameters, table.models, seed)
    workloads = Described(table, make_classifier(None)).workloads(router.signals)
    return _taught(router, examples_of(table, workloads), table.models)


def fitted_to_log(
    logged: Sequence[LoggedChoice],
    models: Sequence[Model],
    strategy: str,
    parameters: Mapping[str, Any],
    seed: int,
) -> Router:
    """Return a strategy that has learnt from all of a journal."""
    router = _made(strategy, parameters, models, seed)
    return _taught(router, examples_of_log(logged), models)


def write_state(router: Router, file: Path) -> None:
    """Write the sums of all its statistics, by their names."""
    state = {
        "strategy": router.name,
        "statistics": {one.name: one.dump() for one in router.statistics},
    }
    file.write_bytes(msgspec.json.encode(state))


def _made(
    strategy: str, parameters: Mapping[str, Any], models: Sequence[Model], seed: int
) -> Router:
    spec = read_strategies([strategy], parameters, models, seed)[strategy]
    clock = SimulatedClock()
    clock.now = time()  # what is learnt fades from today on
    return make_strategy(spec, clock)


def _taught(router: Router, examples: Sequence[Example], models: Sequence[Model]) -> Router:
    if not teach(router, examples, models):
        raise ValueError(f"{router.name} cannot learn from outcomes of the past")
    return router
