"""What is told of a cache that is in use is as described; schemathesis meets an empty one."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import schemathesis
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests import answers
from tests.cache.asking import question, semantic_config, semantic_proxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import CHAT, Proxy, ask
from wrp_proxy.api.openapi.document import openapi

KNOWN = "How do I reset my password?"
OTHER_WORDS = "How can I reset my password?"
KEYS = [
    {"key": "key-of-ada", "name": "ada"},
    {"key": "key-of-root", "name": "root", "admin": True},
]
CHECKS = [
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy that ada has asked one question in two wordings, looked after by root."""
    folder = tmp_path_factory.mktemp("described")
    with FakeUpstream(answers.chat()) as upstream:
        config = semantic_config(upstream.url, server={"api_keys": KEYS})
        with semantic_proxy(upstream, folder, config, key="key-of-ada") as proxy:
            question(proxy, KNOWN)
            question(proxy, OTHER_WORDS)
            proxy.key = "key-of-root"
            yield proxy


@pytest.fixture(scope="module")
def document() -> Any:
    return schemathesis.openapi.from_dict(openapi(has_keys=True))


def check(document: Any, path: str, reply: httpx.Response) -> httpx.Response:
    """Fail where status, headers, type or body of a reply are not as described."""
    case = document[path][reply.request.method].Case(path_parameters={"entry_id": "any"})
    case.validate_response(reply, checks=CHECKS)
    return reply


@pytest.mark.parametrize("path", ["stats", "entries", "audit", "export"])
def test_what_admins_see_is_as_described(proxy: Proxy, document: Any, path: str) -> None:
    reply = proxy.http.get(f"/v1/cache/{path}")

    assert reply.status_code == 200
    check(document, f"/v1/cache/{path}", reply)


def test_figures_hits_and_entries_are_there_to_be_described(proxy: Proxy) -> None:
    stats, entries, hits = (
        proxy.http.get(f"/v1/cache/{path}").json() for path in ("stats", "entries", "audit")
    )

    assert stats["answers"]["by_tier"]["semantic"] > 0
    assert [bound["route"] for bound in stats["false_hits"]] == ["auto"]
    assert KNOWN in [entry["question"] for entry in entries["data"]]
    assert (OTHER_WORDS, KNOWN) in [(hit["asked"], hit["known"]) for hit in hits["data"]]


def test_an_entry_is_shown_and_deleted_as_described(proxy: Proxy, document: Any) -> None:
    reply = ask(proxy, seed=1)
    (entry,) = _entries(proxy, request_id=reply.headers["x-request-id"])
    path = "/v1/cache/entries/{entry_id}"
    url = path.format(entry_id=entry["id"])

    shown, deleted, missing = (
        check(document, path, proxy.http.request(method, url))
        for method in ("GET", "DELETE", "DELETE")
    )

    assert shown.json()["answer"] == reply.json()
    assert (deleted.json(), missing.status_code) == ({"deleted": 1, "pending": False}, 404)


def test_entries_are_deleted_and_imported_as_described(proxy: Proxy, document: Any) -> None:
    reply = ask(proxy, seed=2)
    wanted = {"request_id": reply.headers["x-request-id"]}
    head, *entries = proxy.http.get("/v1/cache/export").content.splitlines()
    ours = [entry for entry in entries if wanted["request_id"].encode() in entry]

    deleted = proxy.http.delete("/v1/cache/entries", params=wanted)
    imported = proxy.http.post("/v1/cache/import", content=b"\n".join([head, *ours, b"junk"]))

    assert check(document, "/v1/cache/entries", deleted).json()["deleted"] == 1
    said = check(document, "/v1/cache/import", imported).json()
    assert said == {"imported": 1, "refused": 1}


def test_a_flush_is_as_described(proxy: Proxy, document: Any) -> None:
    reply = proxy.http.post("/v1/cache/flush", json={"scope": "key:nobody"})

    assert reply.status_code == 200
    check(document, "/v1/cache/flush", reply)


@pytest.mark.parametrize(
    "opinion", [{"verdict": "failed"}, {"score": 0.5, "source": "tests", "preferred": "small"}]
)
def test_feedback_is_taken_as_described(
    proxy: Proxy, document: Any, opinion: dict[str, Any]
) -> None:
    answered = ask(proxy, seed=3)

    reply = proxy.http.post(
        "/v1/feedback", json={"request_id": answered.headers["x-request-id"], **opinion}
    )

    said = check(document, "/v1/feedback", reply).json()
    assert said["evicted"] == (opinion.get("verdict") == "failed")


def test_feedback_on_a_session_is_taken_and_given_again_as_described(
    proxy: Proxy, document: Any
) -> None:
    ask(proxy, seed=5, headers={"x-session-id": "talk"})
    key = {"idempotency-key": "said-once"}

    replies = [
        proxy.http.post("/v1/feedback", json={"session": "talk", "score": score}, headers=key)
        for score in (1, 1, 0)
    ]

    first, again, other = (check(document, "/v1/feedback", reply) for reply in replies)
    assert (first.json()["answers"], again.json()) == (1, first.json())
    assert other.status_code == 409


@pytest.mark.parametrize("stream", [False, True])
def test_answers_of_every_tier_have_the_headers_that_are_described(
    proxy: Proxy, document: Any, stream: bool
) -> None:
    texts = (KNOWN, KNOWN, f"Please, {KNOWN.lower()}", OTHER_WORDS)

    replies = [question(proxy, text, user=f"{stream}", stream=stream) for text in texts]

    tiers = [check(document, CHAT, reply).headers["x-wrp-cache"] for reply in replies]
    assert tiers == ["miss", "exact", "canonical", "semantic"]


def test_what_passes_by_has_the_headers_that_are_described(proxy: Proxy, document: Any) -> None:
    reply = question(proxy, KNOWN, temperature=2)

    assert check(document, CHAT, reply).headers["x-wrp-cache-bypass"] == "temperature"


@pytest.mark.parametrize(
    ("wishes", "fields", "status"),
    [
        ({"cache-control": "only-if-cached"}, {"seed": 4}, 504),
        ({"x-wrp-cache-public": "1"}, {}, 403),
        ({"x-wrp-cache-ttl": "soon"}, {}, 400),
        ({}, {"cache": {"unheard": 1}}, 400),
    ],
)
def test_wishes_that_cannot_be_granted_are_refused_as_described(
    proxy: Proxy, document: Any, wishes: dict[str, str], fields: dict[str, Any], status: int
) -> None:
    reply = ask(proxy, headers=wishes, **fields)

    assert reply.status_code == status
    check(document, CHAT, reply)


@pytest.mark.parametrize("path", ["/v1/usage", "/health/ready"])
def test_accounts_and_readiness_with_a_cache_are_as_described(
    proxy: Proxy, document: Any, path: str
) -> None:
    reply = proxy.http.get(path)

    assert reply.status_code == 200
    check(document, path, reply)


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("stats", "GET"),
        ("audit", "GET"),
        ("export", "GET"),
        ("flush", "POST"),
        ("import", "POST"),
    ],
)
def test_what_is_for_admins_only_is_refused_as_described(
    proxy: Proxy, document: Any, path: str, method: str
) -> None:
    key = {"authorization": "Bearer key-of-ada"}

    reply = proxy.http.request(method, f"/v1/cache/{path}", headers=key)

    assert reply.status_code == 403
    check(document, f"/v1/cache/{path}", reply)


def _entries(proxy: Proxy, **wanted: str) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = proxy.http.get("/v1/cache/entries", params=wanted).json()[
        "data"
    ]
    return entries
