"""Reads the bodies of the proxy's own paths, whatever content type they are sent with."""

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from wrp_proxy.api.asgi import read_body
from wrp_proxy.api.callers import Caller
from wrp_proxy.api.front import CALLER
from wrp_proxy.api.requests import json_object
from wrp_proxy.errors import RequestError

_MAX_BYTES = 64 * 1024
M = TypeVar("M", bound=BaseModel)


async def read_own(http: Request, model: type[M]) -> M:
    """Read a body, an empty one as `{}`; raise RequestError that names the field."""
    caller: Caller = http.scope[CALLER]
    raw = await read_body(http.receive, caller.headers, _MAX_BYTES)
    try:
        return model.model_validate(json_object(raw or b"{}"))
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"])) or None
        raise RequestError(f"{name or 'The body'}: {first['msg']}.", param=name) from error
