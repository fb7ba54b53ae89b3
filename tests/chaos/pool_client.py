"""A client of the proxy that fails, which tells all that it was told."""

import json
from dataclasses import dataclass
from typing import Any

import httpx

from tests.proxy import CHAT, Proxy, tls_context

SAID = "The sea is wide and old"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What one client got."""

    id: str
    text: str = ""
    attempts: int = 0
    provider: str = ""
    status: int = 200
    code: str | None = None
    """Of the error it was told, before the answer or at its end."""
    retry_after: str | None = None

    @property
    def is_whole(self) -> bool:
        return self.text.strip() == SAID and self.code is None


async def ask(proxy: Proxy, number: int, *, stream: bool, leaves_after: int | None) -> Reply:
    """Ask once, with a client of its own; it may leave after so many events of a stream.

    A client with 200 connections would look through all of them for every request.
    """
    request_id = f"chaos-{number}"
    said = [{"role": "user", "content": f"Say something of the sea. {request_id}"}]
    body = {"model": "small", "messages": said, "stream": stream}
    headers = {"x-request-id": request_id}
    async with (
        httpx.AsyncClient(timeout=60, verify=tls_context(), trust_env=False) as client,
        client.stream("POST", f"{proxy.url}{CHAT}", json=body, headers=headers) as response,
    ):
        text, code = await _read(response, leaves_after)
    return Reply(
        id=request_id,
        text=text,
        code=code,
        status=response.status_code,
        attempts=int(response.headers["x-wrp-attempts"]),
        provider=response.headers.get("x-wrp-provider", ""),
        retry_after=response.headers.get("retry-after"),
    )


async def _read(response: httpx.Response, leaves_after: int | None) -> tuple[str, str | None]:
    """Return the text, and the code of the error that was told."""
    if not response.headers["content-type"].startswith("text/event-stream"):
        body = json.loads(await response.aread())
        error = body.get("error")
        return ("", error["code"]) if error else (_text_of(body, "message"), None)
    texts: list[str] = []
    async for line in response.aiter_lines():
        if not line.startswith("data: {"):
            continue
        event = json.loads(line.removeprefix("data: "))
        if error := event.get("error"):
            return "".join(texts), error["code"]
        texts.append(_text_of(event, "delta"))
        if leaves_after is not None and len(texts) >= leaves_after:
            break
    return "".join(texts), None


def _text_of(event: dict[str, Any], field_name: str) -> str:
    return "".join(choice[field_name].get("content") or "" for choice in event["choices"])
