"""What callers can wish of the cache, over the wire."""

import pytest

from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, ask, lab_config

COLD = {"temperature": 0}


@pytest.fixture
def proxy(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    proxy = start_proxy(lab_config(upstream.url))
    assert said(proxy) == "miss"
    return proxy


def said(proxy: Proxy, headers: dict[str, str] | None = None, **body: object) -> str:
    reply = ask(proxy, headers=headers, **{**COLD, **body})
    assert reply.status_code == 200, reply.text
    return reply.headers["x-wrp-cache"]


def test_no_cache_asks_again_and_keeps_the_new_answer(proxy: Proxy, upstream: FakeUpstream) -> None:
    assert said(proxy, {"cache-control": "no-cache"}) == "miss"
    assert said(proxy) == "exact"
    assert len(upstream.received) == 2


def test_no_store_keeps_nothing(proxy: Proxy) -> None:
    assert said(proxy, {"cache-control": "no-store"}, seed=1) == "miss"
    assert said(proxy, seed=1) == "miss"


def test_the_field_says_the_same(proxy: Proxy, upstream: FakeUpstream) -> None:
    assert said(proxy, cache={"no-cache": True}) == "miss"
    assert said(proxy, cache={"no-store": True}, seed=2) == "miss"
    assert said(proxy, seed=2) == "miss"
    assert all("cache" not in received.json for received in upstream.received)


def test_only_if_cached_asks_no_model(proxy: Proxy, upstream: FakeUpstream) -> None:
    wish = {"cache-control": "only-if-cached"}

    assert said(proxy, wish) == "exact"
    refused = ask(proxy, headers=wish, seed=3, **COLD)
    by_the_way = ask(proxy, headers=wish, temperature=0.5)

    for reply in (refused, by_the_way):
        assert (reply.status_code, reply.json()["error"]["code"]) == (504, "not_cached")
    assert len(upstream.received) == 1


def test_max_age_takes_no_older_answer(proxy: Proxy) -> None:
    assert said(proxy, {"cache-control": "max-age=3600"}) == "exact"
    assert said(proxy, {"cache-control": "max-age=0"}) == "miss"
    assert said(proxy, cache={"s-maxage": 0}) == "miss"


def test_a_ttl_of_nothing_keeps_nothing(proxy: Proxy) -> None:
    assert said(proxy, {"x-wrp-cache-ttl": "0"}, seed=4) == "miss"
    assert said(proxy, seed=4) == "miss"


def test_namespaces_are_apart(proxy: Proxy) -> None:
    assert said(proxy, {"x-wrp-cache-namespace": "a"}) == "miss"
    assert said(proxy, {"x-wrp-cache-namespace": "a"}) == "exact"
    assert said(proxy, cache={"namespace": "a"}) == "exact"
    assert said(proxy, cache={"namespace": "b"}) == "miss"


def test_a_malformed_wish_is_refused_by_name(proxy: Proxy) -> None:
    reply = ask(proxy, headers={"x-wrp-cache-ttl": "soon"}, **COLD)

    assert reply.status_code == 400
    assert reply.json()["error"]["param"] == "x-wrp-cache-ttl"
    assert "number" in reply.json()["error"]["message"]


def test_off_means_off(upstream: FakeUpstream, start_proxy: StartProxy) -> None:
    off = start_proxy(lab_config(upstream.url, routes={"auto": {"cache": "off"}}))

    assert [said(off, cache={"ttl": 5}) for _ in range(2)] == ["bypass", "bypass"]
    assert said(off, model="small") == "miss"


def test_exact_only_keeps_at_usual_temperatures(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(lab_config(upstream.url, routes={"auto": {"cache": "exact-only"}}))

    assert [said(proxy, temperature=1) for _ in range(2)] == ["miss", "exact"]
    assert said(proxy, temperature=1.5) == "bypass"
