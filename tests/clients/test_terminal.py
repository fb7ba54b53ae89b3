"""Claude Code and Codex CLI for real: two turns, with a tool between them."""

from collections.abc import Callable, Sequence
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.clients import environments
from tests.clients.conftest import Laboratory
from tests.clients.document import codex_settings
from tests.clients.script import FORECAST
from tests.fake_upstream import Received

pytestmark = pytest.mark.clients

_ECHOED = "from-the-shell"


def _run_claude(laboratory: Laboratory, folder: Path, model: str) -> CompletedProcess[str]:
    environments.command("node")
    variables = {
        "ANTHROPIC_BASE_URL": laboratory.proxy.url,
        "ANTHROPIC_AUTH_TOKEN": "any",
        "ANTHROPIC_MODEL": model,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": model,
        "CLAUDE_CODE_MAX_RETRIES": "0",
    }
    arguments = ["claude", "-p", "How is it?", "--allowedTools", "Bash"]
    return environments.run(arguments, folder, variables=variables)


def _run_codex(laboratory: Laboratory, folder: Path, model: str) -> CompletedProcess[str]:
    environments.command("node")
    codex_settings(laboratory.proxy.url, folder)
    arguments = ["codex", "exec", "--skip-git-repo-check", "--model", model, "How is it?"]
    return environments.run(arguments, folder, variables={"WRP_API_KEY": "any"})


_Run = Callable[[Laboratory, Path, str], CompletedProcess[str]]


def _use_a_tool(run: _Run, laboratory: Laboratory, folder: Path, model: str) -> list[Received]:
    """Have a client run a tool, and return what the upstream was asked."""
    before = len(laboratory.upstream.received)
    ended = run(laboratory, folder, model)
    assert (ended.stdout.strip(), ended.returncode) == (FORECAST, 0), ended.stderr
    return laboratory.received_since(before)


def _paths(received: Sequence[Received]) -> set[str]:
    return {one.path for one in received}


def test_claude_code_uses_a_tool_with_a_model_that_only_chats(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    *_, last = received = _use_a_tool(_run_claude, laboratory, tmp_path, "small")

    assert _paths(received) == {"/v1/chat/completions"}
    result = last.json["messages"][-1]
    assert (result["role"], result["content"]) == ("tool", _ECHOED)


def test_claude_code_reaches_an_anthropic_upstream_unchanged(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    *_, last = received = _use_a_tool(_run_claude, laboratory, tmp_path, "claude")

    assert _paths(received) <= {"/v1/messages?beta=true", "/v1/messages/count_tokens?beta=true"}
    (result,) = last.json["messages"][-1]["content"]
    assert (result["type"], result["content"]) == ("tool_result", _ECHOED)
    assert "claude-code-" in last.headers["anthropic-beta"]
    assert last.headers["anthropic-version"] == "2023-06-01"
    assert last.headers["x-api-key"] == "upstream-secret"
    assert "authorization" not in last.headers


def test_codex_uses_a_tool_with_a_model_that_only_chats(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    *_, last = received = _use_a_tool(_run_codex, laboratory, tmp_path, "small")

    assert _paths(received) == {"/v1/chat/completions"}
    assert last.json["messages"][-1]["tool_call_id"] == "call_1"


def test_codex_reaches_an_upstream_that_has_its_api(laboratory: Laboratory, tmp_path: Path) -> None:
    *_, last = received = _use_a_tool(_run_codex, laboratory, tmp_path, "native")

    assert _paths(received) == {"/v1/responses"}
    assert last.json["input"][-1]["call_id"] == "call_1"
    assert last.json["store"] is False


def test_claude_code_understands_that_the_window_is_full(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    ended = _run_claude(laboratory, tmp_path, "long")

    assert ended.stdout.startswith("Prompt is too long")


def test_codex_understands_that_the_window_is_full(laboratory: Laboratory, tmp_path: Path) -> None:
    ended = _run_codex(laboratory, tmp_path, "long")

    assert "ran out of room in the model's context window" in ended.stderr
