"""`POST /v1/route` says what would happen, and calls nobody."""

import pytest

from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy


@pytest.mark.parametrize("path", ["/v1/route", "/route"])
def test_a_route_is_explained_without_a_call(
    proxy: Proxy, upstream: FakeUpstream, path: str
) -> None:
    said = proxy.http.post(path, json={"model": "auto", "messages": ASK}).json()

    assert (said["model"], said["route"], said["strategy"]) == ("small", "auto", "fixed_order")
    assert said["ranking"] == ["small"]
    assert said["reason"] == "first able model of the route"
    assert said["workload"]["input_tokens"] > 0
    assert upstream.received == []


def test_what_would_be_refused_is_refused(proxy: Proxy) -> None:
    unknown = proxy.http.post("/v1/route", json={"model": "nobody", "messages": ASK})
    nonsense = proxy.http.post("/v1/route", content=b"[")

    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "model_not_found")
    assert nonsense.status_code == 400
