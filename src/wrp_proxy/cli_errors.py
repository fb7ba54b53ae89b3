"""What commands have in common: how they say what is wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
import typer

from wrp_proxy.errors import ConfigError, WrpError
from wrp_proxy.logs import LogFormat, LogLevel, set_up_logs


@contextmanager
def explaining() -> Iterator[None]:
    """Say what is wrong, and end with 1."""
    if not structlog.is_configured():
        set_up_logs(LogLevel.warning, LogFormat.text)
    try:
        yield
    except ConfigError as error:
        for problem in error.problems:
            typer.secho(str(problem), err=True, fg="red")
        raise typer.Exit(1) from error
    except (OSError, ValueError, WrpError) as error:
        typer.secho(str(error), err=True, fg="red")
        raise typer.Exit(1) from error
