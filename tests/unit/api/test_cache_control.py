"""What callers wish of the cache."""

from typing import Any

import pytest

from wrp_proxy.api.cache_control import cache_control
from wrp_proxy.api.callers import Caller
from wrp_proxy.errors import ForbiddenError, RequestError
from wrp_proxy.types import NO_WISHES, CacheControl


def wishes(
    headers: dict[str, str] | None = None, *, field: Any = None, may_publish: bool = False
) -> CacheControl:
    named = {name.encode(): value.encode() for name, value in (headers or {}).items()}
    caller = Caller("req_1", "alice", False, named, may_publish=may_publish)
    return cache_control(caller, {} if field is None else {"cache": field})


def test_most_callers_have_no_wishes() -> None:
    assert wishes({"x-session-id": "s"}) is NO_WISHES


@pytest.mark.parametrize(
    ("headers", "field", "expected"),
    [
        ({"cache-control": "no-cache"}, None, CacheControl(reads=False)),
        ({"cache-control": "No-Store"}, None, CacheControl(writes=False)),
        (
            {"cache-control": "no-cache, no-store"},
            None,
            CacheControl(reads=False, writes=False),
        ),
        ({"cache-control": "only-if-cached"}, None, CacheControl(only_cached=True)),
        ({"cache-control": 'max-age="60"'}, None, CacheControl(max_age_s=60)),
        ({"cache-control": "max-stale=5, no-transform"}, None, CacheControl()),
        ({"x-wrp-cache-ttl": "5"}, None, CacheControl(ttl_s=5, is_asked=True)),
        ({"x-wrp-cache-threshold": ".97"}, None, CacheControl(threshold=0.97)),
        ({"x-wrp-cache-namespace": "a"}, None, CacheControl(namespace="a")),
        ({}, {}, CacheControl(is_asked=True)),
        ({}, {"ttl": 5}, CacheControl(ttl_s=5, is_asked=True)),
        ({}, {"s-maxage": 5}, CacheControl(max_age_s=5, is_asked=True)),
        ({}, {"no-cache": True}, CacheControl(reads=False, is_asked=True)),
        ({}, {"no-store": True}, CacheControl(writes=False, is_asked=True)),
        ({}, {"no-cache": False}, CacheControl(is_asked=True)),
        ({}, {"namespace": "a"}, CacheControl(namespace="a", is_asked=True)),
        (
            {"cache-control": "no-cache, max-age=3"},
            {"no-cache": False, "s-maxage": 9},
            CacheControl(reads=False, max_age_s=3, is_asked=True),
        ),
    ],
)
def test_wishes_are_understood(headers: dict[str, str], field: Any, expected: CacheControl) -> None:
    assert wishes(headers, field=field) == expected


@pytest.mark.parametrize(
    ("headers", "field", "param"),
    [
        ({"cache-control": "max-age=soon"}, None, "Cache-Control: max-age"),
        ({"x-wrp-cache-ttl": "-1"}, None, "x-wrp-cache-ttl"),
        ({"x-wrp-cache-ttl": "nan"}, None, "x-wrp-cache-ttl"),
        ({"x-wrp-cache-ttl": "inf"}, None, "x-wrp-cache-ttl"),
        ({"x-wrp-cache-threshold": "2"}, None, "x-wrp-cache-threshold"),
        ({"x-wrp-cache-threshold": "high"}, None, "x-wrp-cache-threshold"),
        ({"x-wrp-cache-namespace": ""}, None, "x-wrp-cache-namespace"),
        ({"x-wrp-cache-public": "yes"}, None, "x-wrp-cache-public"),
        ({}, True, "cache"),
        ({}, {"ttl": True}, "cache.ttl"),
        ({}, {"ttl": 10**400}, "cache.ttl"),
        ({}, {"no-cache": 1}, "cache.no-cache"),
        ({}, {"namespace": 5}, "cache.namespace"),
        ({}, {"namespace": "x" * 300}, "cache.namespace"),
        ({}, {"use-cache": True}, "cache.use-cache"),
    ],
)
def test_malformed_wishes_are_refused_by_name(
    headers: dict[str, str], field: Any, param: str
) -> None:
    with pytest.raises(RequestError) as caught:
        wishes(headers, field=field)

    assert caught.value.param == param


def test_only_a_publisher_may_mark_answers_as_public() -> None:
    with pytest.raises(ForbiddenError):
        wishes({"x-wrp-cache-public": "1"})

    assert wishes({"x-wrp-cache-public": "1"}, may_publish=True).is_public
    assert wishes(field={"public": True}, may_publish=True).is_public
