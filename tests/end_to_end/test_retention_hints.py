"""Hints on how long a prompt is worth being kept: for upstreams that have opted in, nobody else."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests import answers
from tests.end_to_end.held import TOOL, called
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, ask, pools_config, running_proxy

HEADER = "x-kv-cache-priority"


@pytest.fixture(scope="module")
def shared_pair(
    shared_upstream: FakeUpstream,
    shared_second: FakeUpstream,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    """A model `told` before the first upstream, a model `untold` before the second."""
    config = pools_config({"told": [shared_upstream.url], "untold": [shared_second.url]})
    config["models"]["told"]["endpoints"][0]["retention_hints"] = True
    with running_proxy(config, tmp_path_factory.mktemp("retention")) as proxy:
        yield proxy


@pytest.fixture
def upstream(shared_upstream: FakeUpstream) -> FakeUpstream:
    shared_upstream.received.clear()
    shared_upstream.answer = answers.chat()
    return shared_upstream


@pytest.fixture
def second(shared_second: FakeUpstream) -> FakeUpstream:
    shared_second.received.clear()
    shared_second.answer = answers.chat()
    return shared_second


TOOL_LOOP = [*ASK, called("weather", "{}"), {"role": "tool", "tool_call_id": "c", "content": "5"}]
LONG_TALK = [*ASK, {"role": "assistant", "content": "Blue."}] * 4 + [*ASK]


@pytest.mark.parametrize(
    ("fields", "headers", "expected"),
    [
        ({"messages": ASK}, {}, "35"),
        ({"messages": LONG_TALK}, {}, "60; ttl=300s"),
        ({"messages": TOOL_LOOP, "tools": [TOOL]}, {}, "90; ttl=30s"),
        ({"messages": LONG_TALK}, {"x-wrp-priority": "batch"}, "0"),
    ],
    ids=["first turn", "long talk", "tool loop", "batch"],
)
def test_an_endpoint_that_opted_in_is_told_how_long_to_keep_the_prompt(
    shared_pair: Proxy,
    upstream: FakeUpstream,
    fields: dict[str, Any],
    headers: dict[str, str],
    expected: str,
) -> None:
    reply = ask(shared_pair, model="told", headers=headers, **fields)

    assert reply.status_code == 200
    assert upstream.last.headers[HEADER] == expected


def test_an_endpoint_that_has_not_opted_in_is_told_nothing(
    shared_pair: Proxy, second: FakeUpstream
) -> None:
    reply = ask(shared_pair, model="untold", headers={HEADER: "100"}, messages=TOOL_LOOP)

    assert reply.status_code == 200
    assert HEADER not in second.last.headers


def test_the_hint_is_told_in_the_words_of_other_apis_too(
    shared_pair: Proxy, upstream: FakeUpstream
) -> None:
    body = {"model": "told", "max_tokens": 9, "messages": ASK}
    reply = httpx.post(f"{shared_pair.url}/v1/messages", json=body, timeout=30)

    assert reply.status_code == 200
    assert upstream.last.headers[HEADER] == "35"
