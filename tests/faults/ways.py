"""The ways into the proxy: an API that a client speaks, and one that the upstream has."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from wrp_proxy.providers.sse import data_of, split_events

_CHAT_ENDS = [b"[DONE]", b'"finish_reason": "', b'"finish_reason":"']
_ENDS = {
    "chat": _CHAT_ENDS,
    "completions": _CHAT_ENDS,
    "responses": [b"response.completed", b"response.incomplete", b"[DONE]"],
    "messages": [b"message_stop", b'"end_turn"', b"[DONE]"],
}
"""What only the stream of a whole answer may say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Door:
    api: str
    upstream_api: str
    stream: bool

    @property
    def name(self) -> str:
        way = self.api if self.api == self.upstream_api else f"{self.api} by {self.upstream_api}"
        return f"{way} {'streamed' if self.stream else 'plain'}"

    @property
    def path(self) -> str:
        return "/v1/chat/completions" if self.api == "chat" else f"/v1/{self.api}"

    def body(self, model: str, prompt: str) -> dict[str, Any]:
        messages = [{"role": "user", "content": prompt}]
        asked: dict[str, dict[str, Any]] = {
            "chat": {"messages": messages},
            "completions": {"prompt": prompt},
            "embeddings": {"input": prompt},
            "responses": {"input": prompt},
            "messages": {"messages": messages, "max_tokens": 100},
        }
        streamed = {"stream": True} if self.stream else {}
        return {"model": model, **asked[self.api], **streamed}

    def text(self, reply: httpx.Response) -> str:
        """Read what the model said, as far as it came."""
        if not self.stream:
            return _text_of_answer(self.api, reply.json())
        said = (_text_of_event(self.api, event) for event in events_of(reply.content))
        return "".join(said)

    def is_complete(self, reply: httpx.Response) -> bool:
        """Tell whether a stream says that it has come to its end."""
        return any(mark in reply.content for mark in _ENDS[self.api])

    def error(self, reply: httpx.Response) -> Mapping[str, Any]:
        """Return the error of a reply, which must be in this API's shape."""
        if reply.headers["content-type"] == "application/json":
            return self._plain_error(reply.json())
        last = events_of(reply.content)[-1]
        kind = reply.content.rpartition(b"event: ")[2].partition(b"\n")[0]
        if self.api == "responses":
            assert kind == b"response.failed"
            assert last["type"] == "response.failed"
            assert last["response"]["status"] == "failed"
            error: Mapping[str, Any] = last["response"]["error"]
            return error
        assert self.api != "messages" or kind == b"error"
        return self._plain_error(last)

    def _plain_error(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        error: Mapping[str, Any] = said["error"]
        if self.api == "messages":
            assert said["type"] == "error"
            assert error.keys() == {"type", "message"}
        else:
            assert said.keys() == {"error"}
            assert error.keys() == {"message", "type", "param", "code"}
        return error


_WAYS = (
    ("chat", "chat"),
    ("chat", "messages"),
    ("completions", "completions"),
    ("completions", "chat"),
    ("responses", "responses"),
    ("responses", "chat"),
    ("messages", "messages"),
    ("messages", "chat"),
)
PLAIN = [
    *(Door(api=api, upstream_api=upstream, stream=False) for api, upstream in _WAYS),
    Door(api="embeddings", upstream_api="embeddings", stream=False),
]
STREAMED = [Door(api=api, upstream_api=upstream, stream=True) for api, upstream in _WAYS]
DOORS = [*PLAIN, *STREAMED]


def events_of(stream: bytes) -> list[dict[str, Any]]:
    """Parse the events of a stream; each must be JSON, but for chat's last."""
    data = (data_of(event) for event in split_events(stream))
    return [json.loads(one) for one in data if one and one != b"[DONE]"]


def _text_of_answer(api: str, said: Mapping[str, Any]) -> str:
    match api:
        case "chat":
            return str(said["choices"][0]["message"]["content"])
        case "completions":
            return str(said["choices"][0]["text"])
        case "embeddings":
            return str(said["data"][0]["text"])
        case "responses":
            return str(said["output"][0]["content"][0]["text"])
        case _:
            return str(said["content"][0]["text"])


def _text_of_event(api: str, event: Mapping[str, Any]) -> str:
    match api:
        case "responses":
            return str(event["delta"]) if event["type"] == "response.output_text.delta" else ""
        case "messages":
            return str(event.get("delta", {}).get("text", ""))
        case _:
            return "".join(_texts_of_choices(event))


def _texts_of_choices(event: Mapping[str, Any]) -> Iterator[str]:
    for choice in event.get("choices", []):
        yield choice.get("text") or choice.get("delta", {}).get("content") or ""
