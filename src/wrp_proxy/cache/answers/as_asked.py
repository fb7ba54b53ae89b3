"""How answers are kept that are not told anew: byte by byte, in the form they were asked for."""

from collections.abc import Callable, Sequence

from wrp_proxy.cache.answers.base import Kept, Refused
from wrp_proxy.cache.answers.events import in_pieces
from wrp_proxy.cache.answers.rules import judged
from wrp_proxy.types import Usage

Check = Callable[[bytes], None]
"""Raises UnfitError, or what msgspec raises, unless the answer may be kept."""


class AsAsked:
    """A stream and a plain answer are an entry each."""

    def __init__(self, check: Check, check_stream: Check) -> None:
        self._check = check
        self._check_stream = check_stream

    def keep(
        self, pieces: Sequence[bytes], *, stream: bool, choices: int, usage: Usage | None
    ) -> Kept | Refused:
        def read() -> bytes:
            answer = b"".join(pieces)
            check = self._check_stream if stream else self._check
            check(answer)
            return answer

        return judged(read)

    def replay(self, body: bytes, *, stream: bool, wants_usage: bool) -> Sequence[bytes]:
        return in_pieces(body) if stream else (body,)
