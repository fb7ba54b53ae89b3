"""How completions are kept: as plain answers, whichever way they came."""

from collections.abc import Sequence
from typing import Any

import msgspec

from wrp_proxy.cache.answers.assembly import assembled, objects
from wrp_proxy.cache.answers.base import Kept, Refused
from wrp_proxy.cache.answers.events import in_pieces
from wrp_proxy.cache.answers.rules import UnfitError, check_finish, judged
from wrp_proxy.cache.answers.telling import told
from wrp_proxy.cache.answers.words import Fields, Words
from wrp_proxy.types import Usage


class CompletionsForm:
    """Chat's or the older ones, as its words are."""

    def __init__(self, words: Words) -> None:
        self._words = words

    def keep(
        self, pieces: Sequence[bytes], *, stream: bool, choices: int, usage: Usage | None
    ) -> Kept | Refused:
        def read() -> bytes:
            answer = b"".join(pieces)
            if not stream:
                self._check(msgspec.json.decode(answer, type=dict[str, Any]), choices)
                return answer
            completion = assembled(answer, self._words)
            self._check(completion, choices)
            return msgspec.json.encode(_with_usage(completion, usage))

        return judged(read)

    def replay(self, body: bytes, *, stream: bool, wants_usage: bool) -> Sequence[bytes]:
        if not stream:
            return (body,)
        events = told(body, self._words, wants_usage=wants_usage)
        return [b"".join(events[:2]), *in_pieces(b"".join(events[2:]))]

    def _check(self, completion: Fields, choices: int) -> None:
        if completion.get("error"):
            raise UnfitError("error")
        said = objects(completion.get("choices"))
        indices = [choice.get("index", place) for place, choice in enumerate(said)]
        if len(said) != choices or indices != [*range(len(said))]:
            raise UnfitError("choices")
        for choice in said:
            check_finish(choice.get("finish_reason"))
            self._words.check(choice)


def _with_usage(completion: Fields, usage: Usage | None) -> Fields:
    """Say what the attempt counted where the completion says nothing; estimates are none."""
    if completion.get("usage") or usage is None or usage.estimated:
        return completion
    counts: Fields = {
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "total_tokens": usage.prompt_tokens + usage.completion_tokens,
    }
    if usage.cached_tokens:
        counts["prompt_tokens_details"] = {"cached_tokens": usage.cached_tokens}
    return {**completion, "usage": counts}
