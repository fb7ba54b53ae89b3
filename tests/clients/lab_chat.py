"""The laboratory's chat completions, text completions and embeddings."""

import base64
import struct
from typing import Any

from tests import answers
from tests.clients.script import HELLO, VECTOR, Asked, ToolCall, Turn

_KIND = {"json_schema", "json_object"}


def asked_of(body: dict[str, Any]) -> Asked:
    functions = [tool["function"]["name"] for tool in body.get("tools") or ()]
    return Asked(
        tools=functions,
        wants_json=(body.get("response_format") or {}).get("type") in _KIND,
        has_results=any(message["role"] == "tool" for message in body["messages"]),
        thinks=body.get("reasoning_effort") is not None,
    )


def plain(turn: Turn) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": turn.text or None}
    if turn.thought:
        message["reasoning_content"] = turn.thought
    if not turn.calls:
        return answers.completion(message=message)
    message["tool_calls"] = [_whole(call) for call in turn.calls]
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    return answers.completion(choices=[choice])


def stream(turn: Turn, body: dict[str, Any]) -> list[bytes]:
    chunks = [answers.delta("", role="assistant")]
    if turn.thought:
        chunks.append(answers.delta(reasoning_content=turn.thought))
    chunks += [answers.delta(piece) for piece in turn.pieces if turn.text]
    for index, call in enumerate(turn.calls):
        chunks += _fragments(index, call)
    chunks.append(answers.delta(finish="tool_calls" if turn.calls else "stop"))
    if (body.get("stream_options") or {}).get("include_usage"):
        chunks.append(answers.usage_chunk())
    return [*(answers.event(chunk) for chunk in chunks), answers.DONE]


def text_completion(body: dict[str, Any]) -> dict[str, Any]:
    """Complete between prompt and suffix; the text shows that both have arrived."""
    text = f"{body['prompt']}|{body.get('suffix')}"
    return {
        "id": "cmpl-1",
        "object": "text_completion",
        "created": 1,
        "model": "mock-1",
        "choices": [{"index": 0, "text": text, "logprobs": None, "finish_reason": "stop"}],
        "usage": answers.USAGE,
    }


def text_stream(body: dict[str, Any]) -> list[bytes]:
    whole = text_completion(body)
    (choice,) = whole["choices"]
    middle = len(choice["text"]) // 2
    pieces = [(choice["text"][:middle], None), (choice["text"][middle:], "stop")]
    chunks = [
        {**whole, "usage": None, "choices": [{**choice, "text": text, "finish_reason": finish}]}
        for text, finish in pieces
    ]
    return [*(answers.event(chunk) for chunk in chunks), answers.DONE]


def embeddings(body: dict[str, Any]) -> dict[str, Any]:
    """Give each input its place as first figure; `mock-floats` knows no base64."""
    texts = body["input"] if isinstance(body["input"], list) else [body["input"]]
    is_base64 = body.get("encoding_format") == "base64" and body["model"] != "mock-floats"
    vectors = [[float(place), *VECTOR] for place, _ in enumerate(texts)]
    return {
        "object": "list",
        "model": "mock-embedding",
        "data": [
            {"object": "embedding", "index": place, "embedding": _packed(v) if is_base64 else v}
            for place, v in enumerate(vectors)
        ],
        "usage": {"prompt_tokens": 4, "total_tokens": 4},
    }


def beginning() -> list[bytes]:
    """Begin a stream, and say something."""
    return stream(Turn(text=HELLO), {})[:3]


def _packed(vector: list[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def _whole(call: ToolCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _fragments(index: int, call: ToolCall) -> list[dict[str, Any]]:
    function = {"name": call.name, "arguments": ""}
    first = {"index": index, "id": call.id, "type": "function", "function": function}
    later = [{"index": index, "function": {"arguments": part}} for part in call.fragments]
    return [answers.delta(tool_calls=[fragment]) for fragment in (first, *later)]
