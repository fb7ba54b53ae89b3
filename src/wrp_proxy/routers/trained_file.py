"""What `wrp-proxy train` has written, to start from."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from wrp_proxy.errors import ConfigError, Problem
from wrp_proxy.routers.statistics import Statistics


class _Trained(msgspec.Struct):
    statistics: dict[str, dict[str, tuple[list[float], float]]]


def load_trained(path: Path, statistics: Sequence[Statistics]) -> None:
    """Take over what is in the file; raise ConfigError if it is none of `wrp-proxy train`."""
    try:
        trained = msgspec.json.decode(path.read_bytes(), type=_Trained)
    except OSError as error:
        raise _wrong(path, f"cannot be read: {error.strerror}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _wrong(path, "was not written by `wrp-proxy train`") from error
    by_name = {one.name: one for one in statistics}
    for name, sums in trained.statistics.items():
        if name in by_name:
            by_name[name].replace(sums)


def _wrong(path: Path, what: str) -> ConfigError:
    remedy = "write it with `wrp-proxy train --output FILE`, or leave `trained` out"
    return ConfigError([Problem("strategy.trained", f"the file '{path}' {what}", remedy)])
