"""Proxies whose routes hold answers until they are accepted."""

import json
import secrets
import socket
from typing import Any

import httpx
from openai.types.chat import ChatCompletionToolParam

from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, CHAT, Proxy, eventually, pools_config, recorded

_PRICES = (1.0, 10.0, 20.0)
SCHEMA = {
    "type": "json_schema",
    "json_schema": {
        "name": "answer",
        "schema": {
            "type": "object",
            "required": ["sum"],
            "properties": {"sum": {"type": "integer"}},
        },
    },
}
TOOL: ChatCompletionToolParam = {
    "type": "function",
    "function": {
        "name": "weather",
        "parameters": {
            "type": "object",
            "properties": {"city": {"type": "string"}},
            "required": ["city"],
        },
    },
}


def held_config(strategy: object, *urls: str, **more: Any) -> dict[str, Any]:
    """Models `small`, `large` and `huge`, as many as there are addresses, each dearer."""
    names = ("small", "large", "huge")[: len(urls)]
    config = pools_config({name: [url] for name, url in zip(names, urls, strict=True)}, **more)
    for price, model in zip(_PRICES, config["models"].values(), strict=False):
        model["price"] = {"input": price, "output": 2 * price}
    config["routes"]["auto"]["strategy"] = strategy
    return config


def called(name: str, arguments: str) -> dict[str, Any]:
    """Return a message that calls a tool."""
    function = {"name": name, "arguments": arguments}
    call = {"id": "call_1", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


def leave(proxy: Proxy, upstream: FakeUpstream, count: int, **fields: Any) -> list[dict[str, Any]]:
    """Leave when an upstream has been asked; return the attempts that are on record then."""
    request_id = secrets.token_hex()
    body = json.dumps({"model": "auto", "messages": ASK, **fields}).encode()
    names = {"host": "proxy", "x-request-id": request_id, "x-session-id": request_id}
    lines = [f"{name}: {value}" for name, value in names.items()]
    head = "\r\n".join([f"POST {CHAT} HTTP/1.1", *lines, f"content-length: {len(body)}"])
    url = httpx.URL(proxy.url)
    with socket.create_connection((url.host, url.port or 0), 20) as client:
        client.sendall(f"{head}\r\n\r\n".encode() + body)
        eventually(lambda: upstream.received)
    return recorded(proxy, count, request_id=request_id)
