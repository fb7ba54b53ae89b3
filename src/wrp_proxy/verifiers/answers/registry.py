"""How the answers of each API are read."""

from collections.abc import Mapping
from typing import Protocol

from wrp_proxy.types import Api
from wrp_proxy.verifiers.answers.completions import read_completion
from wrp_proxy.verifiers.answers.messages import read_message
from wrp_proxy.verifiers.answers.responses import read_response
from wrp_proxy.verifiers.base import Answer


class Read(Protocol):
    def __call__(self, body: bytes, *, stream: bool) -> list[Answer]:
        """Return the choices of a whole answer; raise ValueError or RecursionError for others."""
        ...


READERS: Mapping[Api, Read] = {
    "chat": read_completion,
    "completions": read_completion,
    "messages": read_message,
    "responses": read_response,
}
