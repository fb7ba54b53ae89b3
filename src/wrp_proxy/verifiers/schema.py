"""JSON schemas that come from strangers."""

from collections.abc import Mapping
from typing import Any

from jsonschema_rs import RegexOptions, validator_for

from wrp_proxy.verifiers.expansion import Expansion

_MAX_WORK = 200_000.0
"""Parts of a schema, looked at for one part of a value; a million take about 10 ms."""


def is_valid(value: object, schema: Mapping[str, Any]) -> bool | None:
    """Tell whether a value is as the schema says; None: it is unclear, or too much work.

    References lead nowhere but into the schema itself, so that nothing is fetched; patterns are
    matched in linear time.
    """
    try:
        if Expansion(schema).work(value) > _MAX_WORK:
            return None
        validator = validator_for(
            dict(schema),
            retriever=_nothing,
            pattern_options=RegexOptions(),
            validate_formats=False,
        )
    except (ValueError, RecursionError):  # also what the library raises for schemas that are none
        return None
    return validator.is_valid(value)


def _nothing(uri: str) -> Any:
    raise ValueError("references to other documents are not followed")
