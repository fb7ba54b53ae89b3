"""What upstreams say in each API, in parts that faults can be made of."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests import answers
from tests.end_to_end.wire_answers import (
    message,
    message_events,
    named_event,
    response,
    response_events,
)

KEY = "upstream-secret"
QUOTED = f"Not with the key {KEY}."
"""What careless upstreams write into their errors."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One API, as upstreams speak it."""

    api: str
    path: str
    whole: Any
    """A plain answer."""
    opening: Sequence[bytes] = ()
    """The events of a stream before its first content."""
    content: bytes = b""
    """One event with the text `one `."""
    ending: Sequence[bytes] = ()
    """Finish, usage and whatever else ends a stream."""
    failed: Any = None
    """A plain answer of status 200 that is an error, with the code `boom` where there are codes."""
    failed_event: bytes = b""

    @property
    def body(self) -> bytes:
        return json.dumps(self.whole, ensure_ascii=False).encode()

    @property
    def events(self) -> Sequence[bytes]:
        return [*self.opening, self.content, *self.ending]

    def error(self, kind: str, code: str | None) -> Mapping[str, Any]:
        """Return the body of an error."""
        if self.api == "messages":
            return {"type": "error", "error": {"type": kind, "message": QUOTED}}
        return {"error": {"message": QUOTED, "type": kind, "param": None, "code": code}}


_BOOM = {"message": QUOTED, "type": "some_error", "param": None, "code": "boom"}
_BOOM_RESPONSE = {"code": "boom", "message": QUOTED}
_BOOM_MESSAGE = {"type": "error", "error": {"type": "api_error", "message": QUOTED}}


def _event(said: Any) -> bytes:
    return b"data: " + json.dumps(said, ensure_ascii=False).encode() + b"\n\n"


def _unescaped(event: bytes) -> bytes:
    """Write characters as themselves, not as escapes of JSON."""
    head, data = event.rstrip(b"\n").split(b"data: ")
    return head + _event(json.loads(data))


def chat(text: str = "one ") -> Words:
    return Words(
        api="chat",
        path="/v1/chat/completions",
        whole=answers.completion(text),
        opening=[answers.event(answers.delta("", role="assistant"))],
        content=_event(answers.delta(text)),
        ending=[
            answers.event(answers.delta(finish="stop")),
            answers.event(answers.usage_chunk()),
            answers.DONE,
        ],
        failed={"error": _BOOM},
        failed_event=answers.event({"error": _BOOM}),
    )


def completions(text: str = "one ") -> Words:
    choice = {"index": 0, "text": text, "logprobs": None, "finish_reason": None}
    whole = {"id": "cmpl-1", "object": "text_completion", "created": 1, "model": "mock-1"}
    last = {**choice, "text": "", "finish_reason": "stop"}
    return Words(
        api="completions",
        path="/v1/completions",
        whole={**whole, "choices": [{**choice, "finish_reason": "stop"}], "usage": answers.USAGE},
        opening=[_event({**whole, "choices": [{**choice, "text": ""}]})],
        content=_event({**whole, "choices": [choice]}),
        ending=[
            _event({**whole, "choices": [last]}),
            _event({**whole, "choices": [], "usage": answers.USAGE}),
            answers.DONE,
        ],
        failed={"error": _BOOM},
        failed_event=answers.event({"error": _BOOM}),
    )


def embeddings(text: str = "one ") -> Words:
    """The text stands where clients do not look; no stream has embeddings."""
    row = {"object": "embedding", "index": 0, "embedding": [0.5, 1.0], "text": text}
    usage = {"prompt_tokens": 3, "total_tokens": 3}
    return Words(
        api="embeddings",
        path="/v1/embeddings",
        whole={"object": "list", "data": [row], "model": "mock-1", "usage": usage},
        failed={"error": _BOOM},
    )


def responses(text: str = "one ") -> Words:
    created, content, *ending = response_events(text)
    failed = {**response(), "status": "failed", "output": [], "error": _BOOM_RESPONSE}
    return Words(
        api="responses",
        path="/v1/responses",
        whole=response(text),
        opening=[created],
        content=_unescaped(content),
        ending=[_unescaped(event) for event in ending],
        failed=failed,
        failed_event=named_event(
            {"type": "response.failed", "sequence_number": 9, "response": failed}
        ),
    )


def messages(text: str = "one ") -> Words:
    start, block, ping, content, *ending = message_events(text)
    return Words(
        api="messages",
        path="/v1/messages",
        whole=message(text),
        opening=[start, block, ping],
        content=_unescaped(content),
        ending=ending,
        failed=_BOOM_MESSAGE,
        failed_event=named_event(_BOOM_MESSAGE),
    )


MAKERS = {
    "chat": chat,
    "completions": completions,
    "embeddings": embeddings,
    "responses": responses,
    "messages": messages,
}
GOOD = {api: make("Hello there") for api, make in MAKERS.items()}
SECOND = {api: make("From the second") for api, make in MAKERS.items()}
WORDS = {api: make() for api, make in MAKERS.items()}
