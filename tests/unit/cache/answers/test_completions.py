"""The older completions: kept plain, given in either form."""

import json
from typing import Any

from tests.answers import DONE, USAGE, chunks_of, event
from tests.unit.cache.answers.giving import HEAD, body_of, chunks_in, kept_of, replay
from tests.unit.dialects.responses.told import relay
from tests.unit.nouns import usage
from wrp_proxy.dialects.completions import CompletionsDialect
from wrp_proxy.providers.openai_stream import OpenAIStreamDecoder
from wrp_proxy.types import ChatRequest

LOGPROBS: dict[str, Any] = {"tokens": ["Hel", "lo"], "token_logprobs": [-0.5, -0.25]}
WHOLE = {
    **HEAD,
    "object": "text_completion",
    "choices": [{"index": 0, "text": "Hello", "logprobs": LOGPROBS, "finish_reason": "stop"}],
    "usage": USAGE,
}


def chunk(text: str, *, finish: str | None = None, logprobs: Any = None, index: int = 0) -> bytes:
    one = {"index": index, "text": text, "logprobs": logprobs, "finish_reason": finish}
    return event({**HEAD, "object": "text_completion", "choices": [one]})


def test_a_stream_becomes_the_completion_that_it_is() -> None:
    halves = [
        {"tokens": [token], "token_logprobs": [logprob]}
        for token, logprob in zip(*LOGPROBS.values(), strict=True)
    ]
    pieces = [
        chunk("Hel", logprobs=halves[0]),
        chunk("lo", logprobs=halves[1]),
        chunk("", finish="stop"),
        DONE,
    ]

    assert kept_of(pieces, stream=True, api="completions", usage=usage()) == WHOLE


def test_a_plain_answer_is_given_as_it_came_and_as_a_stream() -> None:
    body = json.dumps(WHOLE).encode()

    kept = body_of([body], stream=False, api="completions")

    assert replay(kept, stream=False, api="completions") == (body,)
    first, last, usage = chunks_in(replay(kept, wants_usage=True, api="completions"))
    assert first == json.loads(chunk("Hello", logprobs=LOGPROBS)[6:])
    assert last["choices"] == [{"index": 0, "text": "", "finish_reason": "stop"}]
    assert (usage["choices"], usage["usage"]) == ([], USAGE)


def test_several_prompts_have_an_answer_each() -> None:
    pieces = [
        chunk("A", index=1),
        chunk("B"),
        chunk("", finish="stop", index=1),
        chunk("", finish="stop"),
        DONE,
    ]

    kept = kept_of(pieces, stream=True, api="completions", choices=2)

    assert [one["text"] for one in kept["choices"]] == ["B", "A"]


def test_what_the_proxy_makes_of_a_chat_is_kept() -> None:
    body = {"model": "auto", "prompt": "Hi", "stream": True}
    request = ChatRequest(
        id="req_1", tenant="alice", session=None, model="auto", body=body, raw=b"", stream=True
    )
    chat = OpenAIStreamDecoder(choices=1, wants_usage=True)
    streamed = relay(CompletionsDialect().decoder(request, chat), chunks_of(["Hello ", "there"]))

    kept = kept_of([streamed], stream=True, api="completions")

    assert kept["object"] == "text_completion"
    assert kept["choices"][0]["text"] == "Hello there"
