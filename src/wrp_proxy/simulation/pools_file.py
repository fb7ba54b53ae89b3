"""Reads pools.yaml, and says all that is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from wrp_proxy.errors import ConfigError, Problem
from wrp_proxy.settings.sections import Section
from wrp_proxy.settings.yaml_file import read_yaml
from wrp_proxy.simulation.pools import (
    DecodeSection,
    PoolSection,
    PoolsFile,
    PowerSection,
    PriceSection,
    SloSection,
)


def read_pools(path: Path) -> PoolsFile:
    """Read the file; raise ConfigError with every problem there is."""
    raw, problems = read_yaml(path)
    if problems:
        raise ConfigError([_of_pools(problem) for problem in problems])
    try:
        file = PoolsFile.model_validate(raw)
    except ValidationError as error:
        raise ConfigError([_problem(wrong) for wrong in error.errors()]) from error
    if problems := list(_nonsense(file)):
        raise ConfigError(problems)
    return file


def _nonsense(file: PoolsFile) -> Iterator[Problem]:
    for number, pool in enumerate(file.pools):
        yield from _nonsense_of_pool(pool, f"pools[{number}]")
    if file.homogeneous is not None:
        yield from _nonsense_of_pool(file.homogeneous, "homogeneous")
    if len({pool.name for pool in file.pools}) < len(file.pools):
        yield Problem("pools", "two have one name", "give each its own")
    if len(file.pools) == 2:
        yield from _nonsense_of_two(file)


def _nonsense_of_two(file: PoolsFile) -> Iterator[Problem]:
    labels = {pool.label: pool for pool in file.pools}
    if labels.keys() != {"short", "long"}:
        yield Problem("pools", "are not told apart", "label one `short` and the other `long`")
        return
    short, long = labels["short"], labels["long"]
    if short.window > long.window:
        remedy = "swap the labels, or make it smaller than that of the long pool"
        yield Problem("pools", f"the short pool has the longer window, {short.window}", remedy)
    if file.boundary_tokens > short.window:
        remedy = f"give at most the short pool's window, {short.window}"
        yield Problem("boundary_tokens", f"{file.boundary_tokens} does not fit", remedy)


def _nonsense_of_pool(pool: PoolSection, path: str) -> Iterator[Problem]:
    if pool.slots is None and pool.kv_tokens is None:
        yield Problem(f"{path}.slots", "is missing", "add `slots:`, or `kv_tokens:` to reckon it")
    if pool.kv_tokens is not None and pool.kv_tokens < pool.window:
        remedy = f"give at least the window, {pool.window}, or a smaller window"
        yield Problem(f"{path}.kv_tokens", f"{pool.kv_tokens} holds no whole window", remedy)
    price = pool.price
    by_token = price.input_usd is not None or price.output_usd is not None
    if by_token == (price.replica_hour_usd is not None):
        remedy = "give `replica_hour_usd:`, or `input_usd:` and `output_usd:` per million tokens"
        yield Problem(f"{path}.price", "is not one kind of price", remedy)


def _of_pools(problem: Problem) -> Problem:
    if problem.message != "is no mapping":
        return problem
    return Problem(problem.path, problem.message, "begin with `pools:`")


def _problem(wrong: Mapping[str, Any]) -> Problem:
    location: Sequence[int | str] = wrong["loc"]
    path = "".join(f"[{at}]" if isinstance(at, int) else f".{at}" for at in location).lstrip(".")
    if wrong["type"] == "extra_forbidden":
        known = list(_keys_at(location[:-1]))
        close = get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean '{close[0]}'? " if close else ""
        return Problem(path, "is not a known key", f"{hint}known here: {', '.join(known)}")
    if wrong["type"] == "missing":
        return Problem(path, "is missing", f"add `{location[-1]}:`")
    return Problem(path, f"{wrong['input']!r} is not accepted", wrong["msg"])


def _keys_at(location: Sequence[int | str]) -> Iterator[str]:
    sections: dict[str, type[Section]] = {
        "pools": PoolSection,
        "homogeneous": PoolSection,
        "decode": DecodeSection,
        "price": PriceSection,
        "power": PowerSection,
        "slo": SloSection,
    }
    names = [part for part in location if isinstance(part, str)]
    yield from (sections[names[-1]] if names else PoolsFile).model_fields
