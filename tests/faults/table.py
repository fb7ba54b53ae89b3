"""Everything that goes wrong with upstreams: how they answer, and what has to come of it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from tests import answers
from tests.fake_upstream import Answer, Received, Wire
from tests.faults.fault import Expected, Fault, Reply, body
from tests.faults.statuses import STATUSES
from tests.faults.ways import PLAIN, STREAMED, Door
from tests.faults.words import Words

_DISCONNECTED = Expected(status=502, code="upstream_disconnected")
_TIMED_OUT = Expected(status=504, code="upstream_timeout", messages_type="timeout_error")
_TOO_LATE = replace(_TIMED_OUT, code="deadline_exceeded")
_BOOM = Expected(status=502, type="some_error", code="boom")
_BOOM_BY = {
    "messages": Expected(status=500, type="api_error", code="upstream_error"),
    "responses": Expected(status=502, code="boom"),
}


def _events(make: Callable[[Words], Sequence[bytes]], *, end: bool = True) -> Reply:
    return lambda words, _: answers.stream(make(words), end=end)


def _silent_after(make: Callable[[Words], Sequence[bytes]]) -> Reply:
    return lambda words, _: answers.paused_stream(make(words), [])


def _always(answer: Answer) -> Reply:
    return lambda words, stream: answer


async def _hang_up(received: Received, wire: Wire) -> None:
    wire.writer.close()


def _cut_off(words: Words, stream: bool) -> Answer:
    """Send less than was announced."""

    async def answer(received: Received, wire: Wire) -> None:
        body = words.body
        await wire.head(200, content_type="application/json", content_length=str(len(body)))
        await wire.send(body[:-9])
        wire.writer.close()

    return answer


def _first_byte_only(words: Words, stream: bool) -> Answer:
    async def answer(received: Received, wire: Wire) -> None:
        await wire.begin_stream(content_type="application/json")
        await wire.piece(b"{")
        await asyncio.Event().wait()

    return answer


_CONNECTION = [
    Fault(name="refused", place="refused", expected=_DISCONNECTED),
    Fault(name="certificate of nobody known", place="untrusted", expected=_DISCONNECTED),
    Fault(name="connects for ever", place="busy", expected=_TIMED_OUT, is_slow=True),
    Fault(name="reset", reply=_always(answers.reset), expected=_DISCONNECTED),
    Fault(name="hang-up", reply=_always(_hang_up), expected=_DISCONNECTED),
    Fault(name="truncated", reply=_cut_off, expected=_DISCONNECTED, doors=PLAIN),
]

_SILENCE = [
    Fault(name="no first byte", reply=_always(answers.hang), expected=_TIMED_OUT, is_slow=True),
    Fault(name="head only", reply=_always(answers.head_only), expected=_TIMED_OUT, is_slow=True),
    Fault(name="first byte only", reply=_first_byte_only, expected=_TIMED_OUT, is_slow=True),
    Fault(
        name="comments for ever",
        reply=_always(answers.comments_after([])),
        expected=_TIMED_OUT,
        doors=STREAMED,
        is_slow=True,
    ),
    Fault(
        name="opening, then comments for ever",
        reply=lambda words, _: answers.comments_after(words.opening),
        expected=_TIMED_OUT,
        doors=STREAMED,
        is_slow=True,
    ),
    Fault(
        name="silence in mid-stream",
        reply=_silent_after(lambda words: [*words.opening, words.content]),
        expected=_TIMED_OUT,
        doors=STREAMED,
        is_slow=True,
        has_begun=True,
    ),
    Fault(
        name="comments in mid-stream",
        reply=lambda words, _: answers.comments_after([*words.opening, words.content]),
        expected=_TIMED_OUT,
        doors=STREAMED,
        is_slow=True,
        has_begun=True,
    ),
    Fault(
        name="deadline before the answer",
        reply=_always(answers.hang),
        expected=_TOO_LATE,
        retryable=False,
        is_slow=True,
        asks={"x-wrp-timeout-ms": "350"},
    ),
    Fault(
        name="deadline in mid-stream",
        reply=_silent_after(lambda words: [*words.opening, words.content]),
        expected=_TOO_LATE,
        doors=STREAMED,
        is_slow=True,
        has_begun=True,
        asks={"x-wrp-timeout-ms": "350"},
    ),
]

_NO_ANSWERS = [
    Fault(name="empty", reply=body(lambda _: b""), expected=_DISCONNECTED),
    Fault(
        name="HTML",
        reply=body(lambda _: b"<html>Welcome</html>", content_type="text/html"),
        expected=_DISCONNECTED,
    ),
    Fault(
        name="another object",
        reply=body(lambda _: {"status": "ok"}),
        expected=_DISCONNECTED,
        doors=PLAIN,
    ),
    Fault(name="no UTF-8", reply=body(lambda _: b'{"\xff": 1}'), expected=_DISCONNECTED),
    Fault(
        name="error object in a 200",
        reply=body(lambda words: words.failed),
        expected=_BOOM,
        by=_BOOM_BY,
    ),
]

_BEFORE_CONTENT: Mapping[str, Reply] = {
    "no events": _events(lambda _: []),
    "truncated before content": _events(lambda words: words.opening, end=False),
    "ended before content": _events(lambda words: words.opening),
    "malformed before content": _events(lambda words: [*words.opening, b"data: {oops\n\n"]),
}
_AFTER_CONTENT: Mapping[str, Reply] = {
    "truncated in mid-stream": _events(
        lambda words: [*words.opening, words.content, b": broken off\n\n"], end=False
    ),
    "truncated in mid-event": _events(
        lambda words: [*words.opening, words.content, words.content[:-20]], end=False
    ),
    "ended without a finish": _events(lambda words: [*words.opening, words.content]),
    "malformed in mid-stream": _events(
        lambda words: [*words.opening, words.content, b'event: error\ndata: {"error"\n\n']
    ),
}
_STREAMS = [
    *(
        Fault(name=name, reply=reply, expected=_DISCONNECTED, doors=STREAMED)
        for name, reply in _BEFORE_CONTENT.items()
    ),
    *(
        Fault(name=name, reply=reply, expected=_DISCONNECTED, doors=STREAMED, has_begun=True)
        for name, reply in _AFTER_CONTENT.items()
    ),
    Fault(
        name="error event before content",
        reply=_events(lambda words: [*words.opening, words.failed_event]),
        expected=_BOOM,
        by=_BOOM_BY,
        doors=STREAMED,
    ),
    Fault(
        name="error event in mid-stream",
        reply=_events(lambda words: [*words.opening, words.content, words.failed_event]),
        expected=_BOOM,
        by=_BOOM_BY,
        doors=STREAMED,
        has_begun=True,
    ),
]


FAULTS: Mapping[str, Fault] = {
    fault.name: fault for fault in [*_CONNECTION, *_SILENCE, *_NO_ANSWERS, *_STREAMS, *STATUSES]
}


@dataclass(frozen=True, slots=True)
class Case:
    """A fault, and the way on which it is met."""

    fault: Fault
    door: Door

    @property
    def name(self) -> str:
        return f"{self.fault.name}, {self.door.name}"

    @property
    def expected(self) -> Expected:
        return self.fault.expected_at(self.door)


CASES = [Case(fault, door) for fault in FAULTS.values() for door in fault.doors]


def prompt_of(case: Case, way: str) -> str:
    """Say what shall go wrong, where the upstream can read it."""
    return f"[{case.fault.name}|{case.door.name}|{way}]"
