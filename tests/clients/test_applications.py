"""Applications that no test can install: their settings parse, and what they send is answered."""

import json
import shlex
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from tests.clients import environments
from tests.clients.conftest import Laboratory
from tests.clients.document import snippet
from tests.clients.script import FORECAST, HELLO, VECTOR

_ASK = [{"role": "user", "content": "Say hello."}]
_MAX_EVENT_BYTES = 128 * 1024
_FUNCTION = {"type": "function", "name": "weather", "description": "Tell it.", "parameters": {}}


def _client(base_url: str, key: str) -> httpx.Client:
    headers = {"authorization": f"Bearer {key}"}
    return httpx.Client(base_url=f"{base_url}/", headers=headers, timeout=30)


def _chunks(answer: httpx.Response) -> list[dict[str, Any]]:
    assert answer.status_code == 200, answer.text
    *events, done, rest = answer.text.split("\n\n")
    assert (done, rest) == ("data: [DONE]", "")
    return [json.loads(event.removeprefix("data: ")) for event in events]


def _text(chunks: list[dict[str, Any]]) -> str:
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    return "".join(choice["delta"].get("content") or "" for choice in choices)


def _assert_lists_models(client: httpx.Client) -> None:
    listing = client.get("models").json()
    assert listing["object"] == "list"
    assert {model["object"] for model in listing["data"]} == {"model"}
    assert "auto" in [model["id"] for model in listing["data"]]


def test_open_webui_lists_models_and_streams(laboratory: Laboratory) -> None:
    (service,) = yaml.safe_load(snippet("Open WebUI", "yaml").at(laboratory.proxy.url))[
        "services"
    ].values()
    variables = service["environment"]
    with _client(variables["OPENAI_API_BASE_URL"], variables["OPENAI_API_KEY"]) as client:
        body = {"model": "auto", "messages": _ASK, "stream": True}
        answer = client.post("chat/completions", json=body)
        vectors = client.post("embeddings", json={"model": "auto", "input": ["one"]}).json()

        _assert_lists_models(client)
        assert _text(_chunks(answer)) == HELLO
        assert max(map(len, answer.text.split("\n\n"))) < _MAX_EVENT_BYTES
        assert vectors["data"][0]["embedding"] == [0.0, *VECTOR]


def test_librechat_may_send_stream_options_without_a_stream(laboratory: Laboratory) -> None:
    settings = yaml.safe_load(snippet("LibreChat", "yaml").at(laboratory.proxy.url))
    (endpoint,) = settings["endpoints"]["custom"]
    with _client(endpoint["baseURL"], endpoint["apiKey"]) as client:
        title = {
            "model": endpoint["titleModel"],
            "messages": _ASK,
            "stream_options": {"include_usage": True},
            "user": "65f0c0ffee",
        }
        answer = client.post("chat/completions", json=title)
        sent = laboratory.upstream.last.json
        stream = client.post("chat/completions", json={**title, "stream": True})

        _assert_lists_models(client)
        assert answer.json()["choices"][0]["message"]["content"] == HELLO
        assert "stream_options" not in sent
        assert sent["user"] == "65f0c0ffee"
        assert _chunks(stream)[-1]["usage"]["total_tokens"] == 18
        assert endpoint["models"]["default"] == ["auto"]


def test_continue_chats_completes_and_embeds(laboratory: Laboratory) -> None:
    settings = yaml.safe_load(snippet("Continue", "yaml").at(laboratory.proxy.url))
    chat, complete, embed = settings["models"]
    with _client(chat["apiBase"], chat["apiKey"]) as client:
        body = {"model": chat["model"], "messages": _ASK, "stream": True}
        answer = client.post("chat/completions", json={**body, "max_tokens": 100})
        hole = {"prompt": "def add(", "suffix": "return", "stream": True, "stop": ["\n\n"]}
        filled = client.post("completions", json={"model": complete["model"], **hole})
        vectors = client.post("embeddings", json={"model": embed["model"], "input": ["a", "b"]})

    assert _text(_chunks(answer)) == HELLO
    texts = [chunk["choices"][0]["text"] for chunk in _chunks(filled)]
    assert "".join(texts) == "def add(|return"
    assert len(vectors.json()["data"]) == 2
    assert [model["provider"] for model in settings["models"]] == ["openai"] * 3


def test_cursor_may_send_the_shape_of_responses_to_chat_completions(laboratory: Laboratory) -> None:
    settings = json.loads(snippet("Cursor", "json").at(laboratory.proxy.url))
    question = {"role": "user", "content": [{"type": "input_text", "text": "How is it?"}]}
    body = {"model": settings["Custom model"], "tools": [_FUNCTION], "stream": True}
    with _client(settings["Override OpenAI Base URL"], settings["OpenAI API Key"]) as client:
        first = client.post("chat/completions", json={**body, "input": [question]})
        result = {"type": "function_call_output", "call_id": "call_1", "output": "sun"}
        call = {"type": "function_call", "call_id": "call_1", "name": "weather", "arguments": "{}"}
        second = client.post("chat/completions", json={**body, "input": [question, call, result]})

    chunks = _chunks(first)
    deltas = [choice["delta"] for chunk in chunks for choice in chunk["choices"]]
    calls = [call for delta in deltas for call in delta.get("tool_calls") or ()]
    assert {chunk["object"] for chunk in chunks} == {"chat.completion.chunk"}
    assert (calls[0]["id"], calls[0]["function"]["name"]) == ("call_1", "weather")
    assert _text(_chunks(second)) == FORECAST


@pytest.mark.clients
def test_aider_asks_through_litellm_by_its_variables(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    """LiteLLM is what aider asks with; aider itself pins too much to be installed here."""
    starter = environments.command("openai-2")
    words = shlex.split(snippet("aider", "bash").at(laboratory.proxy.url))
    variables = dict(word.split("=") for word in words if "=" in word)
    settings = yaml.safe_load(snippet("aider", "yaml").at(laboratory.proxy.url))
    program = (
        "import litellm, sys\n"
        "ask = [{'role': 'user', 'content': 'Say hello.'}]\n"
        "for chunk in litellm.completion(model=sys.argv[1], messages=ask, stream=True):\n"
        "    print(chunk.choices[0].delta.content or '', end='')\n"
    )

    ended = environments.run([*starter, "-c", program, words[-1]], tmp_path, variables=variables)

    assert ended.stdout == HELLO, ended.stderr
    assert settings == {
        "openai-api-base": variables["OPENAI_API_BASE"],
        "openai-api-key": variables["OPENAI_API_KEY"],
        "model": words[-1],
    }
