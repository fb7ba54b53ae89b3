"""What an operator may choose: embedder, store, verifier, exploration, load."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import answers
from tests.cache.asking import PATIENT_MS, question, semantic_config, semantic_proxy, tier
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream, Received, Wire
from tests.proxy import (
    ASK,
    CHAT,
    Proxy,
    ask,
    eventually,
    lab_config,
    recorded,
    running_proxy,
    tls_context,
)
from wrp_proxy.cache_maker import Policies
from wrp_proxy.settings.schema import Settings

KNOWN = "How do I reset my password?"
OTHER_WORDS = "How can I reset my password?"


async def embeds_and_chats(received: Received, wire: Wire) -> None:
    """Embed by the letters that a text has."""
    if not received.path.endswith("/embeddings"):
        await answers.chat("Click on 'forgot'.")(received, wire)
        return
    vectors = [
        {"object": "embedding", "index": place, "embedding": letters(text)}
        for place, text in enumerate(received.json["input"])
    ]
    usage = {"prompt_tokens": 7, "total_tokens": 7}
    listing = {"object": "list", "data": vectors, "model": "e", "usage": usage}
    await answers.plain(listing)(received, wire)


def letters(text: str) -> list[float]:
    return [float(text.lower().count(chr(97 + place))) + 0.01 for place in range(26)]


@pytest.fixture
def remote(tmp_path: Path) -> Iterator[Proxy]:
    with FakeUpstream(embeds_and_chats) as upstream:
        config = semantic_config(upstream.url)
        config["routes"]["auto"]["models"] = ["small"]
        config["models"]["vectors"] = {
            "endpoints": [{"provider": "lab", "model": "embed-letters"}],
            "capabilities": ["embeddings"],
            "price": {"input": 1.0, "output": 0.0},
        }
        config["cache"]["embedder"] = {"name": "model", "model": "vectors", "dimensions": 26}
        with semantic_proxy(upstream, tmp_path, config) as proxy:
            yield proxy


def test_a_model_of_the_operators_may_make_the_vectors(remote: Proxy) -> None:
    question(remote, KNOWN)

    reply = question(remote, OTHER_WORDS)

    assert tier(reply) == "semantic"
    stats = remote.http.get("/v1/cache/stats").json()
    assert stats["embedder"]["fingerprint"] == "vectors:26"
    paid = [row for row in recorded(remote, 3) if row["tenant"] == "wrp-cache"]
    assert {row["model"] for row in paid} == {"vectors"}
    assert all(row["cost_usd"] == pytest.approx(7e-6) for row in paid)


def test_without_its_vectors_questions_are_answered_by_their_words(
    tmp_path: Path,
) -> None:
    async def no_vectors(received: Received, wire: Wire) -> None:
        is_embedding = received.path.endswith("/embeddings")
        await (answers.error(500) if is_embedding else answers.chat())(received, wire)

    with FakeUpstream(no_vectors) as upstream:
        config = semantic_config(upstream.url)
        config["routes"]["auto"]["models"] = ["small"]
        config["models"]["vectors"] = {
            "endpoints": [{"provider": "lab", "model": "embed-x"}],
            "capabilities": ["embeddings"],
        }
        config["cache"]["embedder"] = {"name": "model", "model": "vectors", "dimensions": 26}
        config["resilience"] = {"cooldown_s": 0}
        with running_proxy(config, tmp_path) as proxy:
            question(proxy, KNOWN)
            skipped = question(proxy, OTHER_WORDS)
            same = question(proxy, KNOWN)
            stats = proxy.http.get("/v1/cache/stats").json()

    assert (tier(skipped), tier(same)) == ("miss", "exact")
    assert stats["embedder"]["failed"] >= 2


def test_a_store_of_none_keeps_nothing_but_still_makes_one_call_of_many(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(
        lab_config(upstream.url, cache={"store": "none"}, routes={"auto": {"cache": "exact-only"}})
    )
    good = upstream.answer

    async def waits(received: Received, wire: Wire) -> None:
        await wire.release.wait()
        await good(received, wire)

    upstream.answer = waits

    async def at_once() -> list[httpx.Response]:
        async with httpx.AsyncClient(
            base_url=proxy.url, timeout=30, verify=tls_context()
        ) as client:
            body = {"model": "auto", "messages": ASK}
            tasks = [asyncio.create_task(client.post(CHAT, json=body)) for _ in range(5)]
            await asyncio.to_thread(eventually, lambda: passengers(proxy) == 5)
            upstream.release()
            return await asyncio.gather(*tasks)

    replies = asyncio.run(at_once())

    assert sorted(tier(reply) for reply in replies) == ["miss", *["shared"] * 4]
    assert len(upstream.received) == 1
    assert tier(ask(proxy)) == "miss"


def passengers(proxy: Proxy) -> int:
    return int(proxy.http.get("/v1/cache/stats").json()["in_flight"]["passengers"])


def test_the_learned_verifier_looks_further_down_than_the_guard(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    cache = {"preset": "balanced", "verifier": "learned"}
    with semantic_proxy(upstream, tmp_path, semantic_config(upstream.url, cache)) as proxy:
        question(proxy, KNOWN)

        same = question(proxy, OTHER_WORDS)
        question(proxy, "Transfer 50 pounds to savings")
        other = question(proxy, "Transfer 500 pounds to savings")

    assert (tier(same), tier(other)) == ("semantic", "miss")


def test_exploration_asks_the_model_as_long_as_an_entry_is_not_known_to_be_right(
    tmp_path: Path,
) -> None:
    async def lab(received: Received, wire: Wire) -> None:
        is_judge = received.json["model"] == "mock-judge"
        said = json.dumps({"verdict": "same"}) if is_judge else "Click on 'forgot'."
        await answers.plain(answers.completion(said))(received, wire)

    with FakeUpstream(lab) as upstream:
        config = semantic_config(upstream.url, {"preset": "balanced", "explore": 0.001})
        config["models"]["judge"] = {"endpoints": [{"provider": "lab", "model": "mock-judge"}]}
        config["routes"]["auto"]["models"] = ["small"]
        config["cache"]["judge"] = {"model": "judge", "near_share": 1, "per_minute": 60_000}
        with semantic_proxy(upstream, tmp_path, config) as proxy:
            question(proxy, KNOWN)
            reply = question(proxy, OTHER_WORDS)

            eventually(lambda: proxy.http.get("/v1/cache/stats").json()["judge"]["same"] >= 1)

    assert tier(reply) == "miss"
    assert reply.headers["x-wrp-cache-refused"] == "explored"


def test_load_relaxes_the_threshold_within_its_bounds(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    """One of one slot in use is all the load there can be."""
    config = semantic_config(
        upstream.url,
        {"preset": "strict", "threshold": 0.999, "verifier": "guard", "load_relax": 0.1},
    )
    config["models"]["small"]["endpoints"][0]["max_concurrency"] = 1
    config["cache"] = {"lookup_budget_ms": PATIENT_MS}
    good = upstream.answer
    with semantic_proxy(upstream, tmp_path, config) as proxy:
        question(proxy, KNOWN)
        idle = question(proxy, OTHER_WORDS, headers={"cache-control": "no-store"})

        async def waits(received: Received, wire: Wire) -> None:
            await wire.release.wait()
            await good(received, wire)

        upstream.answer = waits

        async def busy() -> httpx.Response:
            async with httpx.AsyncClient(
                base_url=proxy.url, timeout=30, verify=tls_context()
            ) as client:
                body = {"model": "auto", "messages": ASK}
                waiting = asyncio.create_task(client.post(CHAT, json=body))
                await asyncio.to_thread(eventually, lambda: passengers(proxy) == 1)
                await asyncio.to_thread(eventually, lambda: in_flight(proxy) == 1)
                reply = await asyncio.to_thread(question, proxy, OTHER_WORDS)
                upstream.release()
                await waiting
                return reply

        reply = asyncio.run(busy())

    assert (tier(idle), tier(reply)) == ("miss", "semantic")


def in_flight(proxy: Proxy) -> int:
    lines = proxy.http.get("/metrics").text.splitlines()
    return sum(int(float(x.split()[-1])) for x in lines if x.startswith("wrp_in_flight{"))


def test_categories_have_policies_of_their_own() -> None:
    """The classifier does not tell categories yet; the seam is the workload's category."""
    cache: dict[str, Any] = {
        "preset": "balanced",
        "categories": {"news": {"ttl_s": 600}, "legal": "strict", "chitchat": "lenient"},
    }
    policies = Policies.of(Settings.model_validate({"routes": {"auto": {"cache": cache}}}))

    assert policies.policy("auto", "news").ttl_s == 600
    assert policies.policy("auto", "news").threshold == 0.92
    assert policies.policy("auto", "legal").threshold == 0.95
    assert policies.policy("auto", "chitchat").threshold == 0.88
    assert policies.policy("auto", "coding").threshold == 0.95
    assert policies.policy("auto", "unknown").threshold == 0.92
    assert policies.policy("elsewhere", "news").max_temperature == 0.0
