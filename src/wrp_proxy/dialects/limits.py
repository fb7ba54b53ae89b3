"""Numbers that must be whole and above zero."""

from typing import Any

from wrp_proxy.errors import RequestError


def check_positive(name: str, value: Any) -> None:
    """Raise RequestError, naming the field, unless `value` is one; 2.0 is."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or value <= 0 or (isinstance(value, float) and not value.is_integer()):
        raise RequestError(f"{name} must be a whole number above 0.", param=name)
