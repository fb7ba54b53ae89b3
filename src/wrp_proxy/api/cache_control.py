"""What a caller wishes of the cache: `Cache-Control`, `x-wrp-cache-*`, and the field `cache`."""

from collections.abc import Callable, Iterator, Mapping
from math import isfinite
from typing import Any

from wrp_proxy.api.callers import Caller
from wrp_proxy.errors import ForbiddenError, RequestError
from wrp_proxy.types import NO_WISHES, CacheControl

_HEADERS = (
    b"cache-control",
    b"x-wrp-cache-ttl",
    b"x-wrp-cache-threshold",
    b"x-wrp-cache-namespace",
    b"x-wrp-cache-public",
)
_MAX_NAMESPACE_CHARS = 256
_Wishes = dict[str, Any]


def cache_control(caller: Caller, body: Mapping[str, Any]) -> CacheControl:
    """Read all wishes; raise RequestError, naming the header or the field, for a malformed one.

    Directives of `Cache-Control` that are no wish to this cache are ignored (RFC 9111, section
    5.2.3); unknown keys of the field `cache` are not.
    """
    headers, field = caller.headers, body.get("cache")
    if field is None and not any(name in headers for name in _HEADERS):
        return NO_WISHES
    wishes: _Wishes = {}
    for name, value in _directives(headers.get(b"cache-control", b"")):
        _obey(wishes, name, value)
    for header, read in _OF_HEADER.items():
        if (said := headers.get(header.encode())) is not None:
            read(wishes, header, said.decode("latin-1").strip())
    if field is not None:
        _obey_field(wishes, field)
    if wishes.get("is_public") and not caller.may_publish:
        raise ForbiddenError(
            "This key may not put answers where all see them: the operator can allow it by "
            "`publisher: true` at the key.",
            param="cache.public" if field is not None else "x-wrp-cache-public",
        )
    return CacheControl(**wishes)


def _directives(header: bytes) -> Iterator[tuple[str, str]]:
    for part in header.decode("latin-1").split(","):
        name, _, value = part.partition("=")
        yield name.strip().lower(), value.strip().strip('"')


def _obey(wishes: _Wishes, name: str, value: str) -> None:
    if name == "no-cache":
        wishes["reads"] = False
    elif name == "no-store":
        wishes["writes"] = False
    elif name == "only-if-cached":
        wishes["only_cached"] = True
    elif name == "max-age":
        wishes["max_age_s"] = _seconds("Cache-Control: max-age", value)


def _ttl(wishes: _Wishes, name: str, value: Any) -> None:
    wishes["ttl_s"] = _seconds(name, value)
    wishes["is_asked"] = True


def _threshold(wishes: _Wishes, name: str, value: Any) -> None:
    threshold = _number(name, value)
    if not 0 <= threshold <= 1:
        raise RequestError(f"{name} must be a number from 0 to 1.", param=name)
    wishes["threshold"] = threshold


def _namespace(wishes: _Wishes, name: str, value: Any) -> None:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_NAMESPACE_CHARS:
        raise RequestError(
            f"{name} must be a text of 1 to {_MAX_NAMESPACE_CHARS} characters.", param=name
        )
    wishes["namespace"] = value


def _public(wishes: _Wishes, name: str, value: Any) -> None:
    if isinstance(value, str):
        value = {"1": True, "0": False}.get(value, value)
    wishes["is_public"] = _flag(name, value)


def _reads(wishes: _Wishes, name: str, value: Any) -> None:
    wishes["reads"] = not _flag(name, value) and wishes.get("reads", True)


def _writes(wishes: _Wishes, name: str, value: Any) -> None:
    wishes["writes"] = not _flag(name, value) and wishes.get("writes", True)


def _max_age(wishes: _Wishes, name: str, value: Any) -> None:
    wishes["max_age_s"] = min(_seconds(name, value), wishes.get("max_age_s", float("inf")))


_Read = Callable[[_Wishes, str, Any], None]
_OF_HEADER: Mapping[str, _Read] = {
    "x-wrp-cache-ttl": _ttl,
    "x-wrp-cache-threshold": _threshold,
    "x-wrp-cache-namespace": _namespace,
    "x-wrp-cache-public": _public,
}
_OF_FIELD: Mapping[str, _Read] = {
    "ttl": _ttl,
    "s-maxage": _max_age,
    "no-cache": _reads,
    "no-store": _writes,
    "namespace": _namespace,
    "public": _public,
}


def _obey_field(wishes: _Wishes, field: object) -> None:
    """Obey LiteLLM's form of the same wishes; who writes it asks for the cache."""
    if not isinstance(field, dict):
        raise RequestError("cache must be an object.", param="cache")
    for name, value in field.items():
        read = _OF_FIELD.get(name)
        if read is None:
            raise RequestError(
                f"cache.{name} is not known; known are {', '.join(_OF_FIELD)}.",
                param=f"cache.{name}",
            )
        read(wishes, f"cache.{name}", value)
    wishes["is_asked"] = True


def _seconds(name: str, value: Any) -> float:
    seconds = _number(name, value)
    if not (seconds >= 0 and isfinite(seconds)):
        raise RequestError(f"{name} must be a number of seconds, 0 or more.", param=name)
    return seconds


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise RequestError(f"{name} must be a number.", param=name)
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise RequestError(f"{name} must be a number.", param=name) from error


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise RequestError(f"{name} must be true or false.", param=name)
    return value
