"""Trains from files, and writes what is learnt where it is wanted."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from wrp_proxy.accounting.graded import read_graded
from wrp_proxy.errors import ConfigError, Problem, choose
from wrp_proxy.evaluation.grid import Parameters, candidates
from wrp_proxy.evaluation.logged import read_log
from wrp_proxy.evaluation.table import read_meta, read_table
from wrp_proxy.evaluation.thresholds import threshold_lines
from wrp_proxy.evaluation.trained import fitted_to_log, fitted_to_table, write_state
from wrp_proxy.evaluation.training import Training, train_on_log, train_on_table
from wrp_proxy.routers.registry import ROUTERS


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What to train."""

    strategy: str
    folds: int = 5
    seed: int = 0
    output: Path | None = None
    """Where to write what is learnt."""

    @property
    def tried(self) -> list[Parameters]:
        if self.strategy not in ROUTERS:
            problem = Problem("--strategy", f"there is no '{self.strategy}'", choose("", ROUTERS))
            raise ConfigError([problem])
        return candidates(self.strategy)


def train_from_outcomes(data: Path, meta: Path, models: Sequence[str], task: Task) -> Training:
    """Raise ValueError or ConfigError."""
    tried, seed = task.tried, task.seed
    table = read_table(data, read_meta(meta), models)
    table = table.of_models(table.models_run)
    found = train_on_table(table, task.strategy, tried, parts=task.folds, seed=seed)
    if task.output is not None:
        router = fitted_to_table(table, task.strategy, found.best.parameters, seed)
        write_state(router, task.output)
    return found


def train_from_journal(journal: Path, meta: Path | None, route: str, task: Task) -> Training:
    """Raise ValueError, ConfigError or WrpError."""
    tried, seed = task.tried, task.seed
    logged, models = read_log(journal, meta, route)
    found = train_on_log(logged, models, task.strategy, tried, seed=seed)
    notes = tuple(threshold_lines(read_graded(journal, route=route)))
    found = replace(found, notes=notes)
    if task.output is not None:
        router = fitted_to_log(logged, models, task.strategy, found.best.parameters, seed)
        write_state(router, task.output)
    return found
