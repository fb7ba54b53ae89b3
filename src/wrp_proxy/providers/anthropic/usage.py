"""Anthropic's usage objects, of which a stream sends several."""

from typing import Any

from wrp_proxy.types import Usage

_INPUT = "input_tokens"
_CACHE_READ = "cache_read_input_tokens"
_CACHE_WRITE = "cache_creation_input_tokens"
_OUTPUT = "output_tokens"
_MAX_TOKENS = 10**12


class UsageTally:
    """Adds up: each object tells totals so far, and may leave out what it told before."""

    def __init__(self) -> None:
        self._tokens: dict[str, int] = {}
        self._thinking_tokens: int | None = None
        self._is_final = False

    def add(self, said: object, *, final: bool) -> None:
        """`final` says that the output is counted to its end."""
        if not isinstance(said, dict):
            return
        for name in (_INPUT, _CACHE_READ, _CACHE_WRITE, _OUTPUT):
            if (count := _count(said.get(name))) is not None:
                self._tokens[name] = max(count, self._tokens.get(name, 0))
                self._is_final = self._is_final or final
        details = said.get("output_tokens_details")
        if isinstance(details, dict):
            self._thinking_tokens = _count(details.get("thinking_tokens"))

    def usage(self, estimated_tokens: int) -> Usage | None:
        """Return what is known; the output is at least estimated until it is counted."""
        if not self._tokens:
            return None
        output = self._tokens.get(_OUTPUT, 0)
        return Usage(
            prompt_tokens=self._prompt_tokens(),
            completion_tokens=output if self._is_final else max(output, estimated_tokens),
            cached_tokens=self._tokens.get(_CACHE_READ, 0),
            estimated=not self._is_final,
        )

    def as_chat(self) -> dict[str, Any]:
        """Return the usage object of a chat completion."""
        prompt, completion = self._prompt_tokens(), self._tokens.get(_OUTPUT, 0)
        usage: dict[str, Any] = {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_tokens_details": {
                "cached_tokens": self._tokens.get(_CACHE_READ, 0),
                "cache_creation_tokens": self._tokens.get(_CACHE_WRITE, 0),
            },
        }
        if self._thinking_tokens is not None:
            usage["completion_tokens_details"] = {"reasoning_tokens": self._thinking_tokens}
        return usage

    def _prompt_tokens(self) -> int:
        return sum(self._tokens.get(name, 0) for name in (_INPUT, _CACHE_READ, _CACHE_WRITE))


def _count(said: object) -> int | None:
    if not isinstance(said, int | float) or isinstance(said, bool):
        return None
    return min(max(int(said), 0), _MAX_TOKENS)
