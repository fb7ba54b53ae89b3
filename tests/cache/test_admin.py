"""What operators and owners of keys can see of the cache, and be rid of."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, ask, lab_config, tls_context

KEYS = [
    {"key": "key-of-ada", "name": "ada"},
    {"key": "key-of-bob", "name": "bob"},
    {"key": "key-of-root", "name": "root", "admin": True},
]


class Caller:
    """One key's owner."""

    def __init__(self, proxy: Proxy, key: str) -> None:
        self.http = httpx.Client(
            base_url=proxy.url,
            headers={"authorization": f"Bearer {key}"},
            timeout=30,
            verify=tls_context(),
        )

    def ask(self, headers: dict[str, str] | None = None, **body: Any) -> httpx.Response:
        whole = {"model": "auto", "messages": ASK, "temperature": 0, **body}
        return self.http.post("/v1/chat/completions", json=whole, headers=headers)

    def tier(self, **body: Any) -> str:
        return str(self.ask(**body).headers["x-wrp-cache"])

    def cache(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.http.request(method, f"/v1/cache/{path}", **more)

    def entries(self, **wanted: str) -> list[dict[str, Any]]:
        reply = self.cache("GET", "entries", params=wanted)
        assert reply.status_code == 200, reply.text
        found: list[dict[str, Any]] = reply.json()["data"]
        return found


@pytest.fixture
def proxy(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    proxy = start_proxy(lab_config(upstream.url, server={"api_keys": KEYS}))
    proxy.key = "key-of-root"
    return proxy


@pytest.fixture
def ada(proxy: Proxy) -> Iterator[Caller]:
    caller = Caller(proxy, "key-of-ada")
    yield caller
    caller.http.close()


@pytest.fixture
def bob(proxy: Proxy) -> Iterator[Caller]:
    caller = Caller(proxy, "key-of-bob")
    yield caller
    caller.http.close()


@pytest.fixture
def root(proxy: Proxy) -> Iterator[Caller]:
    caller = Caller(proxy, "key-of-root")
    yield caller
    caller.http.close()


def test_an_entry_tells_who_asked_first_and_for_what(ada: Caller, root: Caller) -> None:
    reply = ada.ask(headers={"x-wrp-cache-namespace": "demo"})

    (entry,) = root.entries()

    assert entry["request_id"] == reply.headers["x-request-id"]
    assert (entry["tenant"], entry["scope"]) == ("ada", "key:ada")
    assert (entry["namespace"], entry["route"], entry["model"]) == ("demo", "auto", "small")
    assert entry["expires_at"] > entry["created_at"]
    whole = root.cache("GET", f"entries/{entry['id']}").json()
    assert whole["answer"] == reply.json()


def test_owners_see_and_delete_their_own_only(ada: Caller, bob: Caller) -> None:
    ada.ask()
    bob.ask(seed=1)
    (adas,) = ada.entries()

    assert [entry["tenant"] for entry in bob.entries(tenant="ada")] == ["bob"]
    assert bob.cache("GET", f"entries/{adas['id']}").status_code == 404
    assert bob.cache("DELETE", f"entries/{adas['id']}").status_code == 404
    assert bob.cache("DELETE", "entries", params={"tenant": "ada"}).json()["deleted"] == 1
    assert ada.tier() == "exact"
    assert ada.cache("DELETE", f"entries/{adas['id']}").json()["deleted"] == 1
    assert ada.tier() == "miss"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "stats"),
        ("GET", "audit"),
        ("POST", "flush"),
        ("GET", "export"),
        ("POST", "import"),
    ],
)
def test_what_concerns_all_is_for_admins(ada: Caller, method: str, path: str) -> None:
    reply = ada.cache(method, path)

    assert (reply.status_code, reply.json()["error"]["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        ({"tenant": "ada"}, {"bob"}),
        ({"namespace": "demo"}, {"ada", "bob"}),
        ({"older_than_s": "3600"}, {"ada", "bob"}),
        ({"older_than_s": "0"}, set()),
        ({"model": "small"}, set()),
        ({"route": "elsewhere"}, {"ada", "bob"}),
        ({"scope": "key:bob"}, {"ada"}),
    ],
)
def test_entries_are_deleted_by_what_is_known_of_them(
    ada: Caller, bob: Caller, root: Caller, wanted: dict[str, str], left: set[str]
) -> None:
    ada.ask()
    ada.ask(headers={"x-wrp-cache-namespace": "demo"})
    bob.ask()

    assert root.cache("DELETE", "entries", params=wanted).status_code == 200

    assert {entry["tenant"] for entry in root.entries()} == left


def test_a_poisoners_entries_go_by_the_request_that_made_them(ada: Caller, root: Caller) -> None:
    made = ada.ask(headers={"x-request-id": "the-bad-one"})
    assert made.headers["x-request-id"] == "the-bad-one"

    deleted = root.cache("DELETE", "entries", params={"request_id": "the-bad-one"}).json()

    assert deleted == {"deleted": 1, "pending": False}
    assert ada.tier() == "miss"


def test_deleting_nothing_in_particular_is_refused(root: Caller) -> None:
    reply = root.cache("DELETE", "entries")

    assert (reply.status_code, reply.json()["error"]["param"]) == (400, "tenant")


def test_a_flush_forgets_all_or_one_scope(ada: Caller, bob: Caller, root: Caller) -> None:
    ada.ask()
    bob.ask()

    root.cache("POST", "flush", json={"scope": "key:ada"})
    assert (ada.tier(), bob.tier()) == ("miss", "exact")
    root.cache("POST", "flush")
    assert (ada.tier(), bob.tier()) == ("miss", "miss")


def test_what_is_exported_can_be_imported(ada: Caller, root: Caller) -> None:
    first = ada.ask()
    exported = root.cache("GET", "export")
    root.cache("POST", "flush")

    said = root.cache("POST", "import", content=exported.content).json()

    assert said == {"imported": 1, "refused": 0}
    again = ada.ask()
    assert (again.headers["x-wrp-cache"], again.content) == ("exact", first.content)


def test_what_another_proxy_exported_is_refused(root: Caller) -> None:
    foreign = json.dumps({"format": "wrp-cache-1", "seal": "00"}).encode() + b"\n"

    reply = root.cache("POST", "import", content=foreign)

    assert reply.status_code == 400
    assert "cache.secret" in reply.json()["error"]["message"]


def test_junk_among_what_is_imported_is_counted(ada: Caller, root: Caller) -> None:
    ada.ask()
    head, entry, _ = root.cache("GET", "export").content.split(b"\n")
    junk = [b"{}", b"not json", entry[:50], entry.replace(b'"id":"', b'"id":"zz')]

    said = root.cache("POST", "import", content=b"\n".join([head, *junk, entry])).json()

    assert said == {"imported": 1, "refused": 4}


@pytest.mark.parametrize("given", [{"verdict": "failed"}, {"score": 0}])
def test_bad_feedback_evicts_the_answer(ada: Caller, given: dict[str, Any]) -> None:
    ada.ask()
    hit = ada.ask()

    said = ada.http.post(
        "/v1/feedback", json={"request_id": hit.headers["x-request-id"], **given}
    ).json()

    assert (said["evicted"], said["replaced"], said["score"]) == (1, False, 0)
    assert ada.tier() == "miss"


def test_feedback_on_the_first_answer_counts_as_well(ada: Caller) -> None:
    made = ada.ask()
    feedback = {"request_id": made.headers["x-request-id"], "verdict": "failed", "comment": "no"}

    first = ada.http.post("/v1/feedback", json=feedback).json()
    second = ada.http.post("/v1/feedback", json=feedback).json()

    assert (first["evicted"], second["evicted"]) == (1, 0)
    assert (first["replaced"], second["replaced"]) == (False, True)


def test_good_or_middling_feedback_keeps_the_answer(ada: Caller) -> None:
    made = ada.ask()

    for given in ({"verdict": "good_fit"}, {"score": 0.5}, {"verdict": "underpowered"}):
        body = {"request_id": made.headers["x-request-id"], **given}
        assert ada.http.post("/v1/feedback", json=body).json()["evicted"] == 0

    assert ada.tier() == "exact"


def test_nobody_speaks_of_anothers_answers(ada: Caller, bob: Caller) -> None:
    made = ada.ask()
    body = {"request_id": made.headers["x-request-id"], "verdict": "failed"}

    reply = bob.http.post("/v1/feedback", json=body)

    assert (reply.status_code, reply.json()["error"]["param"]) == (404, "request_id")
    assert ada.tier() == "exact"


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({}, "request_id"),
        ({"request_id": "r"}, "score"),
        ({"request_id": "r", "score": 0.5, "verdict": "failed"}, "score"),
        ({"request_id": "r", "score": 2}, "score"),
        ({"request_id": "r", "verdict": "meh"}, "verdict"),
        ({"request_id": "r", "score": 1, "unheard": 1}, "unheard"),
    ],
)
def test_malformed_feedback_is_refused_by_name(
    ada: Caller, body: dict[str, Any], param: str
) -> None:
    reply = ada.http.post("/v1/feedback", json=body)

    assert (reply.status_code, reply.json()["error"]["param"]) == (400, param)


def test_paths_work_without_v1(ada: Caller, root: Caller) -> None:
    ada.ask()

    assert len(root.http.get("/cache/entries").json()["data"]) == 1
    assert root.http.get("/cache/stats").status_code == 200


def test_without_keys_everybody_is_an_admin(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(lab_config(upstream.url))
    ask(proxy, temperature=0)

    (entry,) = proxy.http.get("/v1/cache/entries").json()["data"]

    assert entry["scope"].startswith("anonymous:")
    assert proxy.http.get("/v1/cache/stats").json()["store"]["state"] == "ok"


def test_the_files_and_the_export_hold_no_key(proxy: Proxy, ada: Caller, root: Caller) -> None:
    ada.ask()
    exported = root.cache("GET", "export").content

    held = exported + b"".join(path.read_bytes() for path in proxy.state_dir.iterdir())
    assert b"key-of-ada" not in held
