"""Checks of parameters against the constructor that takes them."""

from collections.abc import Iterator, Mapping
from inspect import Parameter
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Strict, ValidationError, create_model

from wrp_proxy.errors import Problem

_PATH = Annotated[Path, Strict(strict=False)] | None
"""YAML has no paths, only text."""


def check_parameters(
    path: str, name: str, given: Mapping[str, Any], taken: Mapping[str, Parameter]
) -> Iterator[Problem]:
    """Yield what is wrong with the parameters of what is called `name`."""
    fields: dict[str, Any] = {
        parameter.name: (
            _PATH if parameter.annotation == Path | None else parameter.annotation,
            ... if parameter.default is Parameter.empty else parameter.default,
        )
        for parameter in taken.values()
    }
    model = create_model(
        f"{name}_parameters",
        __config__=ConfigDict(extra="forbid", allow_inf_nan=False, strict=True),
        **fields,
    )
    try:
        model.model_validate(given)
    except ValidationError as error:
        for wrong in error.errors():
            at = ".".join([path, *map(str, wrong["loc"])])
            remedy = f"parameters of {name}: {', '.join(fields) or 'none'}"
            yield Problem(at, f"{wrong['input']!r}: {wrong['msg']}", remedy)
