"""`wrp-proxy cache`: what does a running proxy keep, and how is one rid of it?"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from tests import answers
from tests.cache.asking import question, semantic_config, semantic_proxy
from tests.cli.conftest import Run
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, ask, lab_config

KEYS = [
    {"key": "key-of-ada", "name": "ada"},
    {"key": "key-of-bob", "name": "bob"},
    {"key": "key-of-root", "name": "root", "admin": True},
]
NOWHERE = "http://127.0.0.1:9"
"""Where nothing listens."""


class Operator:
    """Runs `wrp-proxy cache` against one proxy, with one key."""

    def __init__(self, run: Run, proxy: Proxy, key: str = "key-of-root") -> None:
        self._run = run
        self._variables = {"WRP_URL": proxy.url, "WRP_API_KEY": key}

    def tries(self, *arguments: str) -> Result:
        return self._run("cache", *arguments, **self._variables)

    def __call__(self, *arguments: str) -> str:
        """Return what is said by a command that has to work."""
        result = self.tries(*arguments)
        assert (result.exit_code, result.stderr) == (0, ""), result.output
        return result.stdout


def asks(proxy: Proxy, who: str, **more: Any) -> str:
    """Ask as the owner of a key; return the request's id."""
    headers = {"authorization": f"Bearer key-of-{who}", **more.pop("headers", {})}
    reply = ask(proxy, temperature=0, headers=headers, **more)
    assert reply.status_code == 200
    return reply.headers["x-request-id"]


@pytest.fixture
def proxy(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    return start_proxy(lab_config(upstream.url, server={"api_keys": KEYS}))


@pytest.fixture
def root(run: Run, proxy: Proxy) -> Operator:
    return Operator(run, proxy)


def ids(listed: str) -> list[str]:
    return [line.split()[0] for line in listed.splitlines()]


def refused(result: Result) -> str:
    """Return what is said by a command that failed, in words and without a traceback."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (1, "")
    return result.stderr


def test_figures_are_printed_as_json(root: Operator, proxy: Proxy) -> None:
    for _ in range(2):
        asks(proxy, "ada")

    stats = json.loads(root("stats"))

    assert stats["answers"]["by_tier"] == {"miss": 1, "exact": 1}
    assert stats["store"]["entries"] == 1


def test_entries_stand_one_a_line_the_newest_first(root: Operator, proxy: Proxy) -> None:
    asks(proxy, "ada")
    asks(proxy, "bob")

    newest, oldest = root("ls").splitlines()

    assert re.fullmatch(r"[0-9a-f]{32}  key:bob  auto -> small  unknown  \d+ B  ", newest)
    assert "  key:ada  " in oldest


def test_entries_are_listed_by_what_is_known_of_them(root: Operator, proxy: Proxy) -> None:
    request_id = asks(proxy, "ada", headers={"x-wrp-cache-namespace": "demo"})
    asks(proxy, "bob")

    for wanted in (("--tenant", "ada"), ("--namespace", "demo"), ("--request-id", request_id)):
        (line,) = root("ls", *wanted).splitlines()
        assert "key:ada" in line
    assert root("ls", "--older-than-s", "3600") == ""
    assert len(ids(root("ls", "--limit", "1"))) == 1


def test_owners_of_keys_see_their_own_entries_only(run: Run, proxy: Proxy) -> None:
    asks(proxy, "ada")

    assert len(ids(Operator(run, proxy, "key-of-ada")("ls"))) == 1
    assert Operator(run, proxy, "key-of-bob")("ls") == ""


def test_entries_are_removed_by_their_ids(root: Operator, proxy: Proxy) -> None:
    for seed in range(3):
        asks(proxy, "ada", seed=seed)
    first, second, third = ids(root("ls"))

    assert root("rm", first, third) == "2 deleted\n"
    assert ids(root("ls")) == [second]


@pytest.mark.parametrize(
    ("wanted", "deleted"),
    [
        (("--tenant", "ada"), 2),
        (("--namespace", "demo"), 1),
        (("--request-id", "the-bad-one"), 1),
        (("--older-than-s", "0"), 3),
        (("--older-than-s", "3600"), 0),
        (("--tenant", "bob", "--namespace", "demo"), 0),
    ],
)
def test_entries_are_removed_by_what_is_known_of_them(
    root: Operator, proxy: Proxy, wanted: tuple[str, ...], deleted: int
) -> None:
    asks(proxy, "ada")
    asks(proxy, "ada", headers={"x-wrp-cache-namespace": "demo"})
    asks(proxy, "bob", headers={"x-request-id": "the-bad-one"})

    assert root("rm", *wanted) == f"{deleted} deleted\n"
    assert len(ids(root("ls"))) == 3 - deleted


def test_removing_nothing_in_particular_is_refused(root: Operator) -> None:
    result = root.tries("rm")

    assert result.exit_code == 2
    assert "`flush` forgets all there are" in result.stderr


def test_an_entry_that_is_not_there_is_said_so(root: Operator) -> None:
    assert refused(root.tries("rm", "00")) == "There is no entry '00'.\n"


def test_a_flush_forgets_one_scope_or_all(root: Operator, proxy: Proxy) -> None:
    for who in ("ada", "bob"):
        asks(proxy, who)

    assert root("flush", "--scope", "key:ada") == "flushed: key:ada is in epoch 1 now\n"
    assert "key:bob" in root("ls")
    assert root("flush") == "flushed: all is in epoch 1 now\n"
    assert root("ls") == ""


def test_what_is_exported_can_be_imported(root: Operator, proxy: Proxy, tmp_path: Path) -> None:
    file = tmp_path / "entries.jsonl"
    asks(proxy, "ada")
    asks(proxy, "bob")

    assert root("export", str(file)) == f"2 entries written to {file}\n"
    root("flush")
    assert root("import", str(file)) == "2 imported, 0 refused\n"
    assert len(ids(root("ls"))) == 2


def test_what_another_proxy_exported_is_refused(root: Operator, tmp_path: Path) -> None:
    file = tmp_path / "entries.jsonl"
    file.write_text('{"format": "wrp-cache-1", "seal": "00"}\n')

    assert "the same cache.secret" in refused(root.tries("import", str(file)))


@pytest.mark.parametrize("command", ["stats", "flush", "audit"])
def test_what_concerns_all_is_for_admins(run: Run, proxy: Proxy, command: str) -> None:
    result = Operator(run, proxy, "key-of-ada").tries(command)

    assert refused(result) == "Only a key with `admin: true` may do this.\n"


def test_an_export_that_is_refused_leaves_the_file_as_it_was(
    run: Run, proxy: Proxy, tmp_path: Path
) -> None:
    file = tmp_path / "entries.jsonl"
    file.write_text("of yesterday")

    result = Operator(run, proxy, "key-of-ada").tries("export", str(file))

    assert refused(result) == "Only a key with `admin: true` may do this.\n"
    assert file.read_text() == "of yesterday"


@pytest.mark.parametrize(
    "arguments",
    [("stats",), ("ls",), ("rm", "00"), ("flush",), ("audit",), ("export", "f"), ("import", "f")],
)
def test_a_proxy_that_cannot_be_reached_is_said_so(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "f").touch()

    said = refused(run("cache", *arguments, WRP_URL=NOWHERE))

    assert said.startswith(f"{NOWHERE} cannot be reached: ")


@pytest.mark.parametrize("url", ["localhost:8080", "", "http://[", "ftp://127.0.0.1"])
def test_an_address_that_is_none_is_said_so(run: Run, url: str) -> None:
    assert "cannot be reached" in refused(run("cache", "stats", "--url", url))


def test_a_file_that_is_not_there_is_said_so(root: Operator, tmp_path: Path) -> None:
    result = root.tries("import", str(tmp_path / "nothing.jsonl"))

    assert result.exit_code in {1, 2}
    assert isinstance(result.exception, SystemExit)
    assert "nothing.jsonl" in result.stderr


@pytest.mark.parametrize("key", ["another-key-never-shown", None])
def test_a_key_that_is_wrong_or_missing_is_refused(run: Run, proxy: Proxy, key: str | None) -> None:
    options = ["--key", key] if key else []

    said = refused(run("cache", "stats", "--url", proxy.url, *options))

    assert said.startswith("Incorrect API key provided")
    assert "never-shown" not in said


def test_options_come_before_variables_and_the_address_may_end_in_v1(
    run: Run, proxy: Proxy
) -> None:
    options = ("--url", f"{proxy.url}/v1/", "--key", "key-of-root")

    result = run("cache", "stats", *options, WRP_URL=NOWHERE, WRP_API_KEY="another")

    assert result.exit_code == 0


def test_without_keys_none_is_needed(
    run: Run, upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(lab_config(upstream.url))
    ask(proxy, temperature=0)

    result = run("cache", "ls", WRP_URL=proxy.url)

    assert re.search(r"  anonymous:\w+  auto -> small  ", result.stdout)


@pytest.fixture(scope="module")
def semantic(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("audited")
    with FakeUpstream(answers.chat()) as upstream:
        config = semantic_config(upstream.url)
        with semantic_proxy(upstream, folder, config) as proxy:
            yield proxy


def test_hits_that_may_be_wrong_are_shown_with_both_questions(run: Run, semantic: Proxy) -> None:
    question(semantic, "How do I reset my password?")
    hit = question(semantic, "How can I reset my password?")

    first, asked, known = Operator(run, semantic)("audit").splitlines()

    similarity = f"{float(hit.headers['x-wrp-cache-similarity']):.4f}"
    entry_id, request_id = hit.headers["x-wrp-cache-entry"], hit.headers["x-request-id"]
    assert first == f"{similarity}  not judged  {entry_id}  {request_id}"
    assert asked == "    asked  How can I reset my password?"
    assert known == "    known  How do I reset my password?"
    assert "How do I reset my password?" in Operator(run, semantic)("ls")


@pytest.mark.parametrize("command", ["stats", "ls", "rm", "flush", "audit", "export", "import"])
def test_the_help_of_a_command_names_its_variables(run: Run, command: str) -> None:
    text = run("cache", command, "--help").stdout

    assert [name for name in ("WRP_URL", "WRP_API_KEY") if name not in text] == []
    assert "8080" in text
