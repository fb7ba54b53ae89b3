"""What an admin sees of the pools, and may change."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, ask, eventually, pools_config, running_proxy
from wrp_proxy import pool_probing as probing_module

FIRST, SECOND = "lab-1/mock-small", "lab-2/mock-small"
KEYS = [{"key": "of-root", "name": "root", "admin": True}, {"key": "of-ada", "name": "ada"}]


@pytest.fixture
def other() -> Iterator[FakeUpstream]:
    with FakeUpstream(answers.chat()) as fake:
        yield fake


@pytest.fixture
def proxy(upstream: FakeUpstream, other: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    config = pools_config(
        {"small": [upstream.url, other.url]},
        workload={"embed": False},
        server={"api_keys": KEYS},
        resilience={"cooldown_s": 60},
    )
    proxy = start_proxy(config)
    proxy.key = "of-root"
    return proxy


@pytest.fixture(scope="module")
def idle(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """A proxy of which nothing is wanted that makes sense."""
    urls = ["http://127.0.0.1:9/v1", "http://127.0.0.1:9/v2"]
    config = pools_config({"small": urls}, workload={"embed": False}, server={"api_keys": KEYS})
    with running_proxy(config, tmp_path_factory.mktemp("idle")) as proxy:
        yield proxy


def endpoints(proxy: Proxy) -> dict[str, dict[str, Any]]:
    shown = proxy.http.get("/v1/pools").json()["data"][0]["endpoints"]
    return {one["endpoint"]: one for one in shown}


def change(proxy: Proxy, **said: Any) -> httpx.Response:
    return proxy.http.post("/v1/pools", json={"endpoint": FIRST, **said})


def asked(upstream: FakeUpstream) -> int:
    return sum(received.method == "POST" for received in upstream.received)


def test_every_endpoint_is_shown_before_it_was_ever_asked(proxy: Proxy) -> None:
    shown = proxy.http.get("/pools").json()

    assert [pool["model"] for pool in shown["data"]] == ["small"]
    assert {name: one["state"] for name, one in endpoints(proxy).items()} == {
        FIRST: "in_service",
        SECOND: "in_service",
    }
    assert {key["provider"]: key["state"] for key in shown["keys"]} == {
        "lab-1": "in_service",
        "lab-2": "in_service",
    }
    assert "upstream-secret" not in str(shown)


def test_a_drained_endpoint_gets_no_new_requests(
    proxy: Proxy, upstream: FakeUpstream, other: FakeUpstream
) -> None:
    told = change(proxy, draining=True).json()
    replies = [ask(proxy).status_code for _ in range(4)]

    assert (told["models"], told["left_without"], told["is_kept"]) == (["small"], [], False)
    assert "restart" in told["notes"][0] or "this process" in told["notes"][0]
    assert replies == [200] * 4
    assert (asked(upstream), asked(other)) == (0, 4)

    change(proxy, draining=False)
    assert endpoints(proxy)[FIRST]["state"] == "in_service"


def test_what_is_in_flight_goes_on_at_a_drained_endpoint(
    proxy: Proxy, upstream: FakeUpstream, other: FakeUpstream
) -> None:
    change(proxy, endpoint=SECOND, draining=True)
    pieces = answers.chunks_of(["Hello"])
    upstream.answer = answers.paused_stream(pieces[:2], pieces[2:])
    stream = proxy.openai.chat.completions.create(
        model="small", messages=[{"role": "user", "content": "Hi"}], stream=True
    )
    next(iter(stream))

    change(proxy, draining=True)
    upstream.release()

    assert list(stream)[-1].choices[0].finish_reason == "stop"


def test_draining_the_last_one_says_so_and_requests_are_told_why(proxy: Proxy) -> None:
    change(proxy, draining=True)
    told = change(proxy, endpoint=SECOND, draining=True).json()
    refused = ask(proxy)

    assert told["left_without"] == ["small"]
    assert "503" in told["notes"][1]
    assert (refused.status_code, refused.json()["error"]["code"]) == (503, "all_endpoints_down")
    assert f"{FIRST} is drained" in refused.json()["error"]["message"]


def test_a_weight_is_taken_over(proxy: Proxy) -> None:
    change(proxy, weight=2.5)

    assert {name: one["weight"] for name, one in endpoints(proxy).items()} == {
        FIRST: 2.5,
        SECOND: 1.0,
    }


def test_what_has_failed_can_be_revived(proxy: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.error(401)
    eventually(
        lambda: ask(proxy).status_code == 200 and endpoints(proxy)[FIRST]["state"] == "no_valid_key"
    )
    refused = proxy.http.get("/v1/pools").json()["keys"][0]
    upstream.answer = answers.chat()

    told = change(proxy, revive=True)

    assert (refused["state"], refused["until"] > 0) == ("no_valid_key", True)
    assert (told.status_code, told.json()["notes"]) == (200, [])
    assert endpoints(proxy)[FIRST]["state"] == "in_service"


@pytest.mark.parametrize(
    ("said", "status", "param", "words"),
    [
        ({"endpoint": "lab-9/x", "draining": True}, 404, "endpoint", f"Known: {FIRST}, {SECOND}"),
        ({"model": "nobody", "draining": True}, 404, "model", "GET /v1/models"),
        ({"model": "small", "endpoint": "x/y", "draining": True}, 404, "endpoint", "of model"),
        ({"weight": 0}, 400, "weight", '{"draining": true}'),
        ({"weight": -1.5}, 400, "weight", "above 0"),
        ({"weight": "heavy"}, 400, "weight", "weight: "),
        ({"draining": "perhaps"}, 400, "draining", "draining: "),
        ({}, 400, "draining", "at least one of"),
        ({"revive": False}, 400, "draining", "at least one of"),
        ({"draining": True, "wait": 1}, 400, "wait", "wait: "),
        ({"endpoint": None, "draining": True}, 400, "endpoint", "endpoint: "),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_remedy(
    idle: Proxy, said: dict[str, Any], status: int, param: str, words: str
) -> None:
    idle.key = "of-root"

    refused = change(idle, **said)

    error = refused.json()["error"]
    assert (refused.status_code, error["param"]) == (status, param)
    assert words in error["message"]
    assert endpoints(idle)[FIRST]["weight"] == 1.0


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_weight_that_is_no_number_is_refused(idle: Proxy, number: str) -> None:
    idle.key = "of-root"
    body = f'{{"endpoint": "{FIRST}", "weight": {number}}}'

    assert idle.http.post("/v1/pools", content=body).status_code == 400


def test_only_admins_may_look_and_change(idle: Proxy) -> None:
    idle.key = "of-ada"

    refused = [idle.http.get("/v1/pools"), change(idle, draining=True)]

    assert [reply.status_code for reply in refused] == [403, 403]


def test_a_refused_key_comes_back_by_itself(
    upstream: FakeUpstream, start_proxy: StartProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probing_module, "REVIVAL_S", 0.05)
    upstream.answer = answers.error(401)
    only = start_proxy(pools_config({"small": [upstream.url]}, workload={"embed": False}))
    refused = [ask(only).json()["error"]["code"] for _ in range(2)]
    upstream.answer = in_service

    eventually(lambda: ask(only).status_code == 200)

    assert refused == ["upstream_authentication_error", "all_endpoints_down"]


async def in_service(received: Any, wire: Any) -> None:
    listed = answers.plain({"object": "list", "data": [{"id": "mock-small"}]})
    await (listed if received.method == "GET" else answers.chat())(received, wire)


def test_a_failing_provider_is_noticed_by_probes_alone(
    upstream: FakeUpstream, other: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer, other.answer = answers.error(503), in_service
    proxy = start_proxy(
        pools_config(
            {"small": [upstream.url, other.url]},
            workload={"embed": False},
            resilience={"cooldown_s": 60, "probe_interval_s": 0.05},
        )
    )

    eventually(lambda: endpoints(proxy)[FIRST]["state"] == "resting")
    assert endpoints(proxy)[SECOND]["state"] == "in_service"
    assert asked(upstream) == 0

    upstream.answer = in_service
    eventually(lambda: endpoints(proxy)[FIRST]["state"] == "trying")
