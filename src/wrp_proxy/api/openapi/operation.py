"""How an operation is described: its name, its parameters, its body, its answers."""

from typing import Any

from wrp_proxy.api.openapi.answers import answer, errors, without_body
from wrp_proxy.api.openapi.parameters import given
from wrp_proxy.api.openapi.schemas import Schema, ref

Operation = dict[str, Any]

DOOR = ("401", "403", "500")
"""The errors of the proxy's door, and its own faults."""
READING = (*DOOR, "400", "404", "413", "503")
ANSWERING = (*READING, "409", "429", "502", "504", "4XX", "5XX")


def operation(
    name: str, summary: str, responses: dict[str, Schema], parameters: tuple[str, ...] = ()
) -> Operation:
    return {
        "operationId": name,
        "summary": summary,
        "parameters": given("request_id", *parameters),
        "responses": responses,
    }


def tagged(described: Operation, tag: str) -> Operation:
    return {**described, "tags": [tag]}


def asking(
    described: Operation, request: str, example: Schema, *, is_required: bool = True
) -> Operation:
    """Add a request's body to an operation."""
    content = {"schema": ref("schemas", request), "example": example}
    body = {"required": is_required, "content": {"application/json": content}}
    return {**described, "requestBody": body}


def own(name: str, summary: str, reply: str) -> Operation:
    """Describe an operation that the proxy answers itself."""
    return operation(name, summary, {"200": answer(reply), **errors(*DOOR)})


def public(name: str, summary: str, replies: dict[str, Schema]) -> dict[str, Operation]:
    """Describe what anybody may ask, by GET and by HEAD."""
    get = {**operation(name, summary, replies), "security": []}
    bare = {status: without_body(reply) for status, reply in replies.items()}
    return {"get": get, "head": {**get, "operationId": f"{name}Head", "responses": bare}}
