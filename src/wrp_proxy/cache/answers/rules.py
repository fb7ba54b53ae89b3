"""What every answer is measured by before it is kept."""

from collections.abc import Callable

from wrp_proxy.cache.answers.base import Kept, Reason, Refused

_FINISHES: dict[str, Reason] = {
    "tool_calls": "tool calls",
    "function_call": "tool calls",
    "content_filter": "refusal",
}


class UnfitError(Exception):
    """The answer must not be kept; never leaves this package."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


def judged(read: Callable[[], bytes]) -> Kept | Refused:
    """Keep what `read` returns, unless it finds the answer unfit or cannot read it."""
    try:
        return Kept(read())
    except UnfitError as unfit:
        return Refused(unfit.reason)
    except (ValueError, RecursionError):  # all that msgspec raises, and UnicodeError
        return Refused("malformed")


def check_finish(reason: object) -> None:
    if reason != "stop":
        raise UnfitError(_FINISHES.get(str(reason), "not stopped"))


def check_text(text: object) -> None:
    if text is not None and not isinstance(text, str):
        raise UnfitError("other content")
    if not text or text.isspace():
        raise UnfitError("empty")
