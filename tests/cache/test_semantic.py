"""The semantic tier, with the real embedder: other words, and what must not be taken for them."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests import answers
from tests.cache.asking import question, semantic_config, semantic_proxy, tier
from tests.fake_upstream import FakeUpstream, Received, Wire
from tests.proxy import Proxy, eventually, recorded

KNOWN = "How do I reset my password?"
OTHER_WORDS = "How can I reset my password?"


async def echo(received: Received, wire: Wire) -> None:
    """Answer with what was asked, so that every answer tells whose it is."""
    messages = received.json["messages"]
    text = f"You asked: {messages[-1]['content']}"
    await answers.chat(text)(received, wire)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proxy, FakeUpstream]]:
    folder = tmp_path_factory.mktemp("semantic")
    with FakeUpstream(echo) as upstream, semantic_proxy(upstream, folder) as proxy:
        yield proxy, upstream


@pytest.fixture
def proxy(shared: tuple[Proxy, FakeUpstream]) -> Proxy:
    """A proxy whose cache is empty."""
    assert shared[0].http.post("/v1/cache/flush").status_code == 200
    return shared[0]


@pytest.fixture
def model(shared: tuple[Proxy, FakeUpstream]) -> FakeUpstream:
    shared[1].received.clear()
    return shared[1]


def test_the_same_question_in_other_words_is_answered(proxy: Proxy, model: FakeUpstream) -> None:
    first, second = question(proxy, KNOWN), question(proxy, OTHER_WORDS)

    assert (tier(first), tier(second)) == ("miss", "semantic")
    assert second.json()["choices"] == first.json()["choices"]
    assert len(model.received) == 1
    assert 0.92 <= float(second.headers["x-wrp-cache-similarity"]) < 1
    assert second.headers["x-wrp-cache-entry"] == first.headers["x-wrp-cache-entry"]
    assert second.headers["age"] == "0"
    assert second.headers["x-wrp-cache-false-hit-bound"] == "1.0000"
    assert "other words" in second.headers["x-wrp-reason"]


def test_a_semantic_hit_is_recorded_with_its_similarity(proxy: Proxy) -> None:
    question(proxy, KNOWN)
    reply = question(proxy, OTHER_WORDS)

    (row,) = recorded(proxy, 1, request_id=reply.headers["x-request-id"])
    assert (row["cached"], row["cost_usd"]) == ("semantic", 0.0)
    assert row["similarity"] == pytest.approx(
        float(reply.headers["x-wrp-cache-similarity"]), abs=1e-4
    )
    assert row["saved_usd"] > 0
    assert row["false_hit_bound"] == 1.0


def test_a_semantic_hit_can_be_streamed(proxy: Proxy) -> None:
    question(proxy, KNOWN)

    client = proxy.openai
    chunks = client.chat.completions.create(
        model="auto", messages=[{"role": "user", "content": OTHER_WORDS}], stream=True
    )
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks)

    assert text == f"You asked: {KNOWN}"


@pytest.mark.parametrize(
    "text",
    [
        "how do I  reset my password",
        "HOW DO I RESET MY PASSWORD?",
        "Hi, how do I reset my password? Thanks!",
    ],
)
def test_the_same_text_in_other_dress_needs_no_vector(proxy: Proxy, text: str) -> None:
    question(proxy, KNOWN)

    reply = question(proxy, text)

    assert tier(reply) == "canonical"
    assert "x-wrp-cache-similarity" not in reply.headers


@pytest.mark.parametrize(
    ("known", "asked"),
    [
        ("Cancel my subscription", "Don't cancel my subscription"),
        ("Is a 2-bedroom flat available in March?", "Is a 3-bedroom flat available in March?"),
        ("Is the clinic open on Sundays?", "Is the clinic closed on Sundays?"),
        ("How do I fly from London to Paris?", "How do I fly from Paris to London?"),
        ("Can I pay with PayPal?", "Can I pay with Klarna?"),
        ("What is the sum of 2 and 3?", "What is the product of 2 and 3?"),
        ("Which items can be recycled?", "Which items can't be recycled?"),
        ("Transfer 50 pounds to savings", "Transfer 500 pounds to savings"),
    ],
)
def test_what_is_near_but_another_question_is_asked_anew(
    proxy: Proxy, known: str, asked: str
) -> None:
    question(proxy, known)

    reply = question(proxy, asked)

    assert tier(reply) == "miss"
    assert reply.json()["choices"][0]["message"]["content"] == f"You asked: {asked}"


def test_a_refusal_by_words_says_why(proxy: Proxy) -> None:
    question(proxy, "Is the clinic open on Sundays this year?")

    reply = question(proxy, "Is the clinic not open on Sundays this year?")

    assert tier(reply) == "miss"
    assert reply.headers["x-wrp-cache-refused"]
    assert reply.headers["x-wrp-cache-near"]


@pytest.mark.parametrize(
    "more",
    [
        {"temperature": 0.5},
        {"max_tokens": 7},
        {"model": "small"},
        {"response_format": {"type": "json_object"}},
        {"user": "ada"},
        {
            "messages": [
                {"role": "system", "content": "Answer in French."},
                {"role": "user", "content": OTHER_WORDS},
            ]
        },
        {"headers": {"x-wrp-cache-namespace": "elsewhere"}},
    ],
)
def test_all_but_the_last_text_must_be_the_same(proxy: Proxy, more: dict[str, Any]) -> None:
    question(proxy, KNOWN)

    assert tier(question(proxy, OTHER_WORDS, **more)) in {"miss", "bypass"}


def conversation(first: str, answer: str, last: str) -> list[dict[str, str]]:
    return [
        {"role": "user", "content": first},
        {"role": "assistant", "content": answer},
        {"role": "user", "content": last},
    ]


def test_earlier_turns_must_be_the_same_to_the_letter(proxy: Proxy) -> None:
    last, in_other_words = (
        "How do I reset the admin password of my router?",
        "How can I reset the admin password of my router?",
    )
    question(proxy, "", messages=conversation("I have a Fritz box.", "Good.", last))

    other = question(
        proxy, "", messages=conversation("I have a Speedport.", "Good.", in_other_words)
    )
    same = question(
        proxy, "", messages=conversation("I have a Fritz box.", "Good.", in_other_words)
    )

    assert (tier(other), tier(same)) == ("miss", "semantic")


def test_a_last_message_that_leans_on_the_others_needs_its_words(proxy: Proxy) -> None:
    question(proxy, "", messages=conversation("I have a box.", "Good.", "How do I reset it?"))

    reply = question(
        proxy, "", messages=conversation("I have a box.", "Good.", "How can I reset it?")
    )

    assert tier(reply) == "miss"
    assert reply.headers["x-wrp-cache-not-semantic"] == "leans on what was said before"


def test_a_threshold_can_only_be_tightened(proxy: Proxy) -> None:
    question(proxy, KNOWN)

    tighter = question(proxy, OTHER_WORDS, headers={"x-wrp-cache-threshold": "0.9999"})
    question(proxy, "Is the clinic open on Sundays?")
    looser = question(
        proxy, "Where can I park near the clinic?", headers={"x-wrp-cache-threshold": "0.1"}
    )

    assert (tier(tighter), tier(looser)) == ("miss", "miss")
    assert (
        "0.9999" in tighter.headers["x-wrp-cache-refused"]
        or "1.000" in tighter.headers["x-wrp-cache-refused"]
    )


def test_long_texts_are_answered_by_their_words_only(proxy: Proxy) -> None:
    """A model that cuts texts off would take all with the same beginning for the same."""
    beginning = "word " * 400
    question(proxy, f"{beginning} Is it a bird?")

    reply = question(proxy, f"{beginning} Is it a plane?")

    assert tier(reply) == "miss"
    assert reply.headers["x-wrp-cache-not-semantic"] == "skipped"
    assert tier(question(proxy, f"{beginning} Is it a bird?")) == "exact"


def test_only_if_cached_takes_other_words_too(proxy: Proxy, model: FakeUpstream) -> None:
    question(proxy, KNOWN)
    wish = {"cache-control": "only-if-cached"}

    hit = question(proxy, OTHER_WORDS, headers=wish)
    refused = question(proxy, "Who wrote Faust?", headers=wish)

    assert (tier(hit), refused.status_code) == ("semantic", 504)
    assert len(model.received) == 1


def test_a_suffix_made_to_collide_brings_nobody_anothers_answer(proxy: Proxy) -> None:
    question(proxy, f"{KNOWN} password reset account login help")

    reply = question(proxy, KNOWN)

    assert tier(reply) == "miss"


def test_stats_tell_of_tiers_routes_categories_and_partitions(proxy: Proxy) -> None:
    before = proxy.http.get("/v1/cache/stats").json()
    question(proxy, KNOWN)
    question(proxy, OTHER_WORDS)

    after = proxy.http.get("/v1/cache/stats").json()

    assert (
        after["answers"]["by_tier"]["semantic"]
        == before["answers"]["by_tier"].get("semantic", 0) + 1
    )
    assert after["answers"]["by_route"]["auto"]["semantic"] >= 1
    assert after["answers"]["by_category"]["unknown"]["semantic"] >= 1
    assert any("semantic" in counts for counts in after["answers"]["by_partition"].values())
    assert after["saved_usd"] > before["saved_usd"]
    assert after["store"]["entries"] == 1
    eventually(lambda: proxy.http.get("/v1/cache/stats").json()["store"]["vectors"] == 1)
    metrics = proxy.http.get("/metrics").text
    assert 'wrp_cache_lookups_total{category="unknown",route="auto",status="semantic"}' in metrics
    assert "wrp_cache_entries 1.0" in metrics


def test_two_routes_do_not_share(upstream: FakeUpstream, tmp_path: Any) -> None:
    routes = {name: {"models": ["small"], "cache": "balanced"} for name in ("one", "two")}
    config = semantic_config(upstream.url, routes={**routes, "auto": {"cache": "balanced"}})
    with semantic_proxy(upstream, tmp_path, config) as proxy:
        question(proxy, KNOWN, model="one")

        assert tier(question(proxy, OTHER_WORDS, model="two")) == "miss"
        assert tier(question(proxy, OTHER_WORDS, model="one")) == "semantic"
