"""Every snippet of docs/clients.md does what it is there for."""

import json
import tomllib
from pathlib import Path

import pytest

from tests.clients import environments
from tests.clients.conftest import Laboratory
from tests.clients.document import Snippet, codex_settings, snippet, snippets
from tests.clients.script import FORECAST, HELLO

_ENVIRONMENTS = {
    "OpenAI SDK": ("dev", "openai-2"),
    "Anthropic SDK": ("openai-2",),
    "LangChain": ("openai-3",),
    "LlamaIndex": ("openai-2",),
    "pydantic-ai": ("openai-3",),
    "instructor": ("openai-2",),
    "LiteLLM": ("openai-2",),
    "OpenAI SDK for Node": ("node",),
    "Anthropic SDK for Node": ("node",),
    "Vercel AI SDK": ("node",),
    "LangChain for Node": ("node",),
}
_ELSEWHERE = {
    ("Claude Code", "bash"),
    ("Claude Code", "json"),
    ("Codex CLI", "toml"),
    ("Codex CLI", "bash"),
    ("aider", "bash"),
    ("aider", "yaml"),
    ("Open WebUI", "yaml"),
    ("LibreChat", "yaml"),
    ("Continue", "yaml"),
    ("Cursor", "json"),
}
"""What the tests below, and those of applications, name one by one."""

_LIBRARIES = [
    pytest.param(
        one,
        environment,
        id=f"{one.heading}-{number}-{environment}",
        marks=[] if environment == "dev" else [pytest.mark.clients],
    )
    for number, one in enumerate(snippets())
    for environment in _ENVIRONMENTS.get(one.heading, ())
]


def test_every_snippet_is_run() -> None:
    assert {(one.heading, one.language) for one in snippets()} == _ELSEWHERE | {
        (one.heading, one.language) for one in snippets() if one.heading in _ENVIRONMENTS
    }


@pytest.mark.parametrize(("one", "environment"), _LIBRARIES)
def test_snippet_of_a_library_prints_the_answer(
    one: Snippet, environment: str, laboratory: Laboratory, tmp_path: Path
) -> None:
    starter = environments.command(environment)
    environments.settle(environment, tmp_path)
    file = tmp_path / ("snippet.mjs" if one.language == "javascript" else "snippet.py")
    file.write_text(one.at(laboratory.proxy.url), encoding="utf-8")

    ended = environments.run([*starter, str(file)], tmp_path)

    expected = "name='Ada' age=36" if one.heading == "instructor" else HELLO
    assert (ended.stdout.strip(), ended.returncode) == (expected, 0), ended.stderr


@pytest.mark.clients
def test_claude_code_asks_the_proxy_by_its_variables(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    environments.command("node")
    code = snippet("Claude Code", "bash").at(laboratory.proxy.url)

    ended = environments.run(["bash", "-ec", code], tmp_path)

    assert (ended.stdout.strip(), ended.returncode) == (FORECAST, 0), ended.stderr


@pytest.mark.clients
def test_claude_code_asks_the_proxy_by_its_settings(laboratory: Laboratory, tmp_path: Path) -> None:
    environments.command("node")
    settings = snippet("Claude Code", "json").at(laboratory.proxy.url)
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "settings.json").write_text(settings)

    ended = environments.run(["claude", "-p", "Say hello."], tmp_path)

    exported = [line for line in snippet("Claude Code", "bash").code.split() if "=" in line]
    assert (ended.stdout.strip(), ended.returncode) == (FORECAST, 0), ended.stderr
    assert {name: value for name, _, value in (line.partition("=") for line in exported)} == (
        json.loads(snippet("Claude Code", "json").code)["env"]
    )


@pytest.mark.clients
def test_codex_asks_the_proxy(laboratory: Laboratory, tmp_path: Path) -> None:
    environments.command("node")
    settings = codex_settings(laboratory.proxy.url, tmp_path)
    code = snippet("Codex CLI", "bash").code

    ended = environments.run(["bash", "-ec", code], tmp_path)

    assert tomllib.loads(settings)["model"] == "auto"
    assert (ended.stdout.strip(), ended.returncode) == (FORECAST, 0), ended.stderr
