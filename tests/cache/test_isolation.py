"""Nobody meets another's answers."""

from typing import Any

import httpx
import pytest

from tests.cache.asking import question, semantic_config, semantic_proxy
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, CHAT, Proxy, lab_config, running_proxy, tls_context

KEYS: list[dict[str, Any]] = [
    {"key": "k-ada", "name": "ada", "team": "red"},
    {"key": "k-bea", "name": "bea", "team": "red"},
    {"key": "k-cem", "name": "cem", "team": "blue"},
    {"key": "k-dan", "name": "dan"},
]


def tier(proxy: Proxy, key: str, headers: dict[str, str] | None = None, **body: Any) -> str:
    whole = {"model": "auto", "messages": ASK, "temperature": 0, **body}
    named = {"authorization": f"Bearer {key}", **(headers or {})}
    reply = httpx.post(
        f"{proxy.url}{CHAT}", json=whole, headers=named, timeout=30, verify=tls_context()
    )
    assert reply.status_code == 200, reply.text
    return str(reply.headers["x-wrp-cache"])


def test_every_key_has_answers_of_its_own(upstream: FakeUpstream, start_proxy: StartProxy) -> None:
    keys = [{"key": key["key"], "name": key["name"]} for key in KEYS]
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": keys}))

    assert [tier(proxy, key["key"]) for key in keys] == ["miss"] * 4
    assert [tier(proxy, key["key"]) for key in keys] == ["exact"] * 4
    assert len(upstream.received) == 4


def test_no_name_that_a_caller_chooses_leads_to_anothers_answers(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    keys = [{"key": key["key"], "name": key["name"]} for key in KEYS]
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": keys}))
    for headers in (
        {"x-wrp-cache-namespace": "key:ada"},
        {"x-session-id": "ada"},
        {"x-request-id": "ada"},
        {"x-wrp-cache-scope": "key:ada"},
        {"x-wrp-cache-threshold": "0"},
    ):
        name = next(iter(headers))
        assert tier(proxy, "k-ada", user=name) == "miss"
        assert tier(proxy, "k-bea", headers, user=name) == "miss"


def test_a_team_shares_where_the_route_says_so(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    routes = {"auto": {"cache": {"preset": "exact-only", "scope": "team"}}}
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": KEYS}, routes=routes))

    assert [tier(proxy, f"k-{name}") for name in ("ada", "bea", "cem", "dan")] == [
        "miss",
        "exact",
        "miss",
        "miss",
    ]


def test_only_what_a_publisher_marks_is_for_all(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    keys = [{"key": "k-pub", "name": "pub", "publisher": True}, *KEYS[3:]]
    routes = {"auto": {"cache": {"preset": "exact-only", "scope": "global"}}}
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": keys}, routes=routes))

    assert tier(proxy, "k-pub") == "miss"
    assert tier(proxy, "k-dan") == "miss"
    assert tier(proxy, "k-pub", {"x-wrp-cache-public": "1"}, seed=1) == "miss"
    assert tier(proxy, "k-dan", seed=1) == "exact"
    body = {"model": "auto", "messages": ASK, "cache": {"public": True}}
    refused = httpx.post(f"{proxy.url}{CHAT}", json=body, headers={"authorization": "Bearer k-dan"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")


def test_strangers_of_one_installation_never_meet_those_of_another_or_of_keys(
    upstream: FakeUpstream, tmp_path: Any
) -> None:
    config = lab_config(upstream.url)
    with running_proxy(config, tmp_path / "one") as proxy:
        assert [tier(proxy, "any") for _ in range(2)] == ["miss", "exact"]
    with running_proxy({**config, "server": {"api_keys": KEYS[3:]}}, tmp_path / "one") as proxy:
        assert tier(proxy, "k-dan") == "miss"
    with running_proxy(config, tmp_path / "two") as proxy:
        assert tier(proxy, "any") == "miss"


@pytest.mark.parametrize("more", [{"x": "\N{NO-BREAK SPACE}"}, {"messages": [*ASK, *ASK]}])
def test_what_looks_alike_is_not_the_same(
    upstream: FakeUpstream, start_proxy: StartProxy, more: dict[str, Any]
) -> None:
    proxy = start_proxy(lab_config(upstream.url))
    tier(proxy, "any")

    assert tier(proxy, "any", **more) == "miss"


def test_one_keys_flood_of_junk_leaves_anothers_answers(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    keys = [{"key": key["key"], "name": key["name"]} for key in KEYS]
    cache = {"max_bytes": 40_000, "key_share": 0.5}
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": keys}, cache=cache))
    tier(proxy, "k-ada")

    for number in range(60):
        assert tier(proxy, "k-bea", seed=number) == "miss"

    assert tier(proxy, "k-ada") == "exact"
    assert tier(proxy, "k-bea", seed=59) == "exact"


def test_one_key_can_only_write_so_fast(upstream: FakeUpstream, start_proxy: StartProxy) -> None:
    keys = [{"key": key["key"], "name": key["name"], "admin": True} for key in KEYS]
    cache = {"writes_per_minute": 5}
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": keys}, cache=cache))

    for number in range(20):
        tier(proxy, "k-bea", seed=number)

    stats = httpx.get(f"{proxy.url}/v1/cache/stats", headers={"authorization": "Bearer k-ada"})
    assert stats.json()["store"]["entries"] < 10
    assert stats.json()["reasons"]["write quota"] > 10
    assert tier(proxy, "k-ada") == "miss"
    assert tier(proxy, "k-ada") == "exact"


def test_nothing_that_takes_time_tells_what_another_has_asked(
    upstream: FakeUpstream, tmp_path: Any
) -> None:
    """For who may not see an answer, the proxy does the same work as if there were none."""
    keys = [{"key": key["key"], "name": key["name"], "admin": True} for key in KEYS]
    config = semantic_config(upstream.url, server={"api_keys": keys})
    with semantic_proxy(upstream, tmp_path, config, key="k-ada") as proxy:

        def work_of(text: str) -> tuple[int, int]:
            before = embedded(proxy), len(upstream.received)
            proxy.key = "k-bea"
            reply = question(proxy, text)
            assert reply.headers["x-wrp-cache"] == "miss"
            assert "x-wrp-cache-near" not in reply.headers
            return embedded(proxy) - before[0], len(upstream.received) - before[1]

        question(proxy, "How do I reset my password?")
        asked_by_ada = work_of("How do I reset my password?")
        near_it = work_of("Where can I park my car near the clinic?")

    assert asked_by_ada == near_it == (1, 1)


def embedded(proxy: Proxy) -> int:
    return int(proxy.http.get("/v1/cache/stats").json()["embedder"]["embedded"])
