"""Turns are counted, sessions told apart, and failed tools seen."""

import json
from dataclasses import replace

import pytest

from tests.unit.workload.asking import asking, assistant, call, prompt, result, system, user
from wrp_proxy.workload.base import Findings
from wrp_proxy.workload.conversation import Conversation, has_failed
from wrp_proxy.workload.prompt import Prompt


def read(one: Prompt) -> Findings:
    return Conversation().read(one, {})


def session(*messages: object, tenant: str = "alice") -> str | None:
    return read(prompt(*messages, tenant=tenant))["session"]


@pytest.mark.parametrize("turns", [1, 2, 7])
def test_a_turn_is_a_message_of_the_user(turns: int) -> None:
    messages = [message for _ in range(turns) for message in (assistant(), user())]

    assert read(prompt(system(), *messages))["turn"] == turns


def test_the_first_turn_may_have_no_user() -> None:
    assert read(prompt(system()))["turn"] == 1


def test_the_callers_name_of_a_session_is_kept() -> None:
    request = replace(asking(user()), session="s-1")

    assert read(Prompt(request))["session"] == "s-1"


def test_a_conversation_that_goes_on_is_the_same_session() -> None:
    begun = session(system(), user("Hello"))

    assert begun
    assert session(system(), user("Hello"), assistant(), user("And then?")) == begun


def test_another_beginning_or_tenant_is_another_session() -> None:
    sessions = {
        session(system(), user("Hello")),
        session(system(), user("Hi")),
        session(system("You are a cook."), user("Hello")),
        session(user("Hello")),
        session(system(), user("Hello"), tenant="bob"),
        session(system("You are a pilot.\nHello"), user("")),
    }

    assert len(sessions) == 6


def test_long_beginnings_are_told_apart_at_both_ends_and_by_length() -> None:
    texts = ["a" * 90_000, "b" + "a" * 89_999, "a" * 89_999 + "b", "a" * 90_001]

    assert len({session(user(text)) for text in texts}) == 4


def test_what_has_no_beginning_has_no_session() -> None:
    assert session(assistant()) is None


@pytest.mark.parametrize(
    "content",
    [
        "Error: no such file",
        "error",
        "  ERROR while reading x.py",
        "[ERROR] it broke",
        "ValueError: bad",
        "NullPointerException: x",
        "Traceback (most recent call last):\n  File",
        "The tool failed: quota",
        "The tool failed.",
        "Tool execution failed",
        "Failed to open the door",
        "fatal: not a git repository",
        "<tool_use_error>File has not been read yet</tool_use_error>",
        "<error>no</error>",
        "bash: foo: command not found",
        "cat: x.txt: No such file or directory",
        "Permission denied",
        "Timed out after 30 s",
        "some output\nmore output\nexit code: 1",
        "Exited with code 127",
        "Command failed with exit status 2",
        '{"error": "not found"}',
        '{"errors": ["x"]}',
        '{"error": {"code": 5}}',
        '{"isError": true}',
        '{"success": false}',
        '{"ok": false, "reason": "x"}',
        '{"status": "error"}',
        '{"status": "FAILED"}',
        '{"status": 404}',
        '{"status_code": 500, "body": ""}',
        '{"exit_code": 1, "stdout": ""}',
        '{"returncode": -9}',
        [{"type": "text", "text": "Error: no"}],
    ],
)
def test_a_result_that_looks_like_an_error_has_failed(content: object) -> None:
    assert has_failed(result(content))


@pytest.mark.parametrize(
    "content",
    [
        "3 m",
        "",
        None,
        "No errors found.",
        "0 errors, 0 warnings",
        "Error handling in Go is explicit.",
        "error_log.txt\nnotes.txt",
        "The failed attempt of 1912 is well known.",
        "exit code: 0",
        "Process exited with code 0",
        '{"error": null, "rows": []}',
        '{"error": "", "errors": [], "is_error": false}',
        '{"success": true, "text": "the error was found"}',
        '{"status": "ok"}',
        '{"status": 200}',
        '{"exit_code": 0}',
        '{"half": ',
        "{not json}",
        "[1, 2]",
    ],
)
def test_any_other_result_has_not(content: object) -> None:
    assert not has_failed(result(content))


@pytest.mark.parametrize("more", [{"is_error": True}, {"status": "error"}])
def test_the_message_itself_may_say_so(more: dict[str, object]) -> None:
    assert has_failed(result("3 m", **more))


def test_failures_are_counted_since_the_users_last_message() -> None:
    bad, good = result("Error: no"), result("3 m")
    before = [user(), call(), bad, bad, assistant()]

    found = read(prompt(*before, user(), call(), bad, good, call(), bad))

    assert found["failed_tools"] == 2
    assert read(prompt(*before, user()))["failed_tools"] == 0


def test_a_large_result_is_not_parsed() -> None:
    large = json.dumps({"error": "x", "text": "a" * 9000})

    assert not has_failed(result(large))


def test_a_result_nested_without_end_is_taken_for_text() -> None:
    assert not has_failed(result('{"a":' * 1600))
