"""What `wrp-proxy train` has written, to start from."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from wrp_proxy.errors import ConfigError, Problem
from wrp_proxy.statistics import Statistics

Total = tuple[list[float], float]
"""Sums, and the Unix seconds to which they are faded."""


class _Trained(msgspec.Struct):
    strategy: str
    statistics: dict[str, dict[str, Total]]


def load_trained(path: Path, strategy: str, statistics: Sequence[Statistics]) -> None:
    """Take over what is in the file; raise ConfigError if it was not trained for this strategy."""
    trained = read_trained(path, strategy)
    by_name = {one.name: one for one in statistics}
    for name, sums in trained.items():
        if name in by_name:
            by_name[name].replace(sums)


def read_trained(path: Path, strategy: str) -> Mapping[str, Mapping[str, Total]]:
    """Return sums by the names of statistics and of their keys; raise ConfigError."""
    try:
        trained = msgspec.json.decode(path.read_bytes(), type=_Trained)
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _wrong(path, "was not written by `wrp-proxy train`") from error
    if trained.strategy != strategy:
        raise _wrong(path, f"was trained for {trained.strategy}, not for {strategy}")
    return trained.statistics


def _wrong(path: Path, what: str) -> ConfigError:
    remedy = "write it with `wrp-proxy train --output FILE`, or leave `trained` out"
    return ConfigError([Problem("strategy.trained", f"the file '{path}' {what}", remedy)])
