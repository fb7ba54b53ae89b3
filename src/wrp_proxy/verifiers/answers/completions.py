"""Chat completions and the older ones, plain and streamed."""

from collections.abc import Iterator
from typing import Any

import msgspec

from wrp_proxy.event_stream import payloads_of
from wrp_proxy.verifiers.answers.draft import Draft, UnreadableError, numbers
from wrp_proxy.verifiers.base import Answer, inside, objects

_DONE = b"[DONE]"
_OBJECT = msgspec.json.Decoder(dict[str, Any])


def read_completion(body: bytes, *, stream: bool) -> list[Answer]:
    """Return the choices in their order; raise ValueError where there is none."""
    drafts: dict[int, Draft] = {}
    for chunk in _chunks(body) if stream else (_OBJECT.decode(body),):
        for place, choice in enumerate(objects(chunk.get("choices"))):
            index = choice.get("index")
            key = index if isinstance(index, int) else place
            _add(drafts.setdefault(key, Draft()), choice)
    if not drafts:
        raise UnreadableError("no choices")
    return [drafts[key].answer() for key in sorted(drafts)]


def _chunks(stream: bytes) -> Iterator[dict[str, Any]]:
    """Yield chunks; what stands after `[DONE]` counts for nothing, for no client reads it."""
    found, _ = payloads_of(stream)
    for payload in found:
        if payload == _DONE:
            return
        yield _OBJECT.decode(payload)


def _add(draft: Draft, choice: dict[str, Any]) -> None:
    if "text" in choice:
        draft.say(choice["text"])
    else:
        draft.take(inside(choice, "message") or inside(choice, "delta"))
    if isinstance(finish := choice.get("finish_reason"), str):
        draft.finish = finish
    logprobs = inside(choice, "logprobs")
    draft.logprobs += numbers([token.get("logprob") for token in objects(logprobs.get("content"))])
    draft.logprobs += numbers(logprobs.get("token_logprobs"))
