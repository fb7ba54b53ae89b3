"""The proxy as a process: killed, told to stop, started again."""

import signal
import sqlite3
import threading
from contextlib import closing, suppress
from pathlib import Path
from time import monotonic

import httpx
import psutil

from tests import answers
from tests.end_to_end.child import ChildProxy
from tests.end_to_end.conftest import StartChild
from tests.fake_upstream import FakeUpstream
from tests.proxy import (
    ASK,
    CHAT,
    ask,
    eventually,
    lab_config,
    read_journal,
    recorded,
    running_proxy,
)

_MAY_BE_LOST_S = 1.0


class _Traffic:
    """Some clients that ask one thing after the other until the proxy is gone."""

    def __init__(self, proxy: ChildProxy) -> None:
        self.answered: list[tuple[str, float]] = []
        self._url = proxy.url
        self._threads = [
            threading.Thread(target=self._ask, args=(stream,)) for stream in (True, False, True)
        ]
        for thread in self._threads:
            thread.start()

    def has_lasted(self, duration_s: float) -> bool:
        return bool(self.answered) and monotonic() - self.answered[0][1] > duration_s

    def end(self) -> None:
        for thread in self._threads:
            thread.join(20)

    def _ask(self, stream: bool) -> None:
        body = {"model": "auto", "messages": ASK, "stream": stream}
        with httpx.Client(base_url=self._url) as client, suppress(httpx.HTTPError):
            while True:
                reply = client.post(CHAT, json=body)
                assert reply.status_code == 200
                self.answered.append((reply.headers["x-request-id"], monotonic()))


def test_a_journal_outlives_being_killed_in_mid_traffic(
    upstream: FakeUpstream, start_child: StartChild
) -> None:
    upstream.answer = answers.chat()
    proxy = start_child(lab_config(upstream.url))
    traffic = _Traffic(proxy)
    eventually(lambda: traffic.has_lasted(2 * _MAY_BE_LOST_S))

    killed_at = monotonic()
    proxy.process.kill()
    proxy.process.wait()
    traffic.end()
    with closing(sqlite3.connect(proxy.state_dir / "journal.sqlite3")) as journal:
        (integrity,) = journal.execute("PRAGMA integrity_check").fetchone()
    kept = {row["request_id"] for row in read_journal(proxy.state_dir)}

    old = {name for name, at in traffic.answered if at < killed_at - _MAY_BE_LOST_S}
    assert proxy.process.returncode == -signal.SIGKILL
    assert integrity == "ok"
    assert old
    assert old <= kept

    again = start_child(lab_config(upstream.url))
    served = ask(again)
    (usage,) = again.usage()

    assert served.status_code == 200
    assert usage["requests"] == len(kept) + 1
    assert {row["request_id"] for row in read_journal(again.state_dir)} > kept


def test_a_proxy_that_is_told_to_stop_writes_everything_down(
    upstream: FakeUpstream, start_child: StartChild
) -> None:
    proxy = start_child(lab_config(upstream.url))
    ids = [ask(proxy, stream=number % 2 == 0).headers["x-request-id"] for number in range(10)]

    proxy.process.terminate()
    proxy.process.wait(20)

    assert [row["request_id"] for row in read_journal(proxy.state_dir)] == ids
    assert "Traceback" not in proxy.log.read_text()
    assert proxy.process.returncode == 0


def test_a_running_answer_is_finished_before_the_proxy_stops(
    upstream: FakeUpstream, start_child: StartChild
) -> None:
    pieces = answers.chunks_of(["one ", "two "])
    upstream.answer = answers.paused_stream(pieces[:2], pieces[2:])
    proxy = start_child(lab_config(upstream.url))
    stream = proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)
    seen = [next(stream), next(stream)]

    proxy.process.terminate()
    eventually(lambda: not _is_listening(proxy))
    upstream.release()
    seen.extend(stream)
    proxy.process.wait(20)

    assert [chunk.choices[0].delta.content for chunk in seen] == ["", "one ", "two ", None]
    (row,) = read_journal(proxy.state_dir)
    assert row["finish"] == "complete"


def _is_listening(proxy: ChildProxy) -> bool:
    connections = psutil.Process(proxy.process.pid).net_connections("tcp")
    return any(connection.status == psutil.CONN_LISTEN for connection in connections)


def test_a_damaged_journal_is_set_aside_and_a_new_one_is_begun(
    upstream: FakeUpstream, tmp_path: Path
) -> None:
    damaged = tmp_path / "state" / "journal.sqlite3"
    damaged.parent.mkdir()
    damaged.write_bytes(b"This is no database. " * 1000)

    with running_proxy(lab_config(upstream.url), tmp_path) as proxy:
        ask(proxy)
        rows = recorded(proxy)

    (kept,) = damaged.parent.glob("broken-*")
    assert len(rows) == 1
    assert kept.read_bytes().startswith(b"This is no database.")


def test_clients_of_a_proxy_that_is_killed_see_a_broken_connection(
    upstream: FakeUpstream, start_child: StartChild
) -> None:
    upstream.answer = answers.hang
    proxy = start_child(lab_config(upstream.url))
    failures: list[Exception] = []

    def wait_for_an_answer() -> None:
        try:
            ask(proxy)
        except httpx.HTTPError as error:
            failures.append(error)

    waiting = threading.Thread(target=wait_for_an_answer)
    waiting.start()
    eventually(lambda: upstream.received)
    proxy.process.kill()
    waiting.join(20)

    assert len(failures) == 1
    assert upstream.last.client_left.wait(10)
