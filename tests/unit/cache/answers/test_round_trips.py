"""What is kept of one form is the same in the other, whatever it says and however it is cut."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cache.answers.giving import HEAD, body_of, keep, kept_of, replay, stream_of
from tests.unit.pieces import cut, places
from wrp_proxy.cache.answers.base import Kept, Refused
from wrp_proxy.cache.answers.registry import FORMS
from wrp_proxy.types import Api

texts = st.text(min_size=1, max_size=400).filter(lambda text: not text.isspace())
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=9)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=12,
)
tokens = st.fixed_dictionaries(
    {
        "token": st.text(max_size=4),
        "logprob": st.floats(-99, 0),
        "bytes": st.none() | st.lists(st.integers(0, 255), max_size=4),
        "top_logprobs": st.just([]),
    }
)
logprobs = st.none() | st.fixed_dictionaries(
    {"content": st.none() | st.lists(tokens, max_size=9), "refusal": st.none()}
)
messages = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": texts},
    optional={
        "refusal": st.none(),
        "reasoning_content": st.none() | texts,
        "reasoning": st.none() | texts | st.just("same"),
        "annotations": st.lists(
            st.dictionaries(st.text(max_size=5), values, max_size=2), max_size=3
        ),
        "thinking_blocks": st.lists(
            st.just({"type": "redacted_thinking", "data": "x"}), max_size=2
        ),
        "tool_calls": st.just([]) | st.none(),
        "new": values,
    },
)
choices = st.fixed_dictionaries(
    {"message": messages, "logprobs": logprobs, "finish_reason": st.just("stop")},
    optional={"stop_reason": values, "token_ids": st.lists(st.integers(0, 9), max_size=3)},
)


@st.composite
def completions(draw: st.DrawFn, most: int = 3) -> dict[str, Any]:
    said = draw(st.lists(choices, min_size=1, max_size=most))
    more = draw(
        st.fixed_dictionaries(
            {},
            optional={
                "usage": st.just({"prompt_tokens": 1}),
                "citations": values,
                "id": st.text(max_size=5),
            },
        )
    )
    numbered = [{"index": index, **one} for index, one in enumerate(said)]
    return {**HEAD, "object": "chat.completion", **more, "choices": numbered}


@given(completions())
def test_a_plain_answer_replayed_as_a_stream_comes_to_the_same(completion: dict[str, Any]) -> None:
    count = len(completion["choices"])
    body = body_of([json.dumps(completion).encode()], stream=False, choices=count)

    streamed = replay(body, wants_usage=True)

    assert kept_of(streamed, stream=True, choices=count) == completion


@given(completions(), places)
def test_a_stream_comes_to_the_same_however_it_is_cut(
    completion: dict[str, Any], where: list[int]
) -> None:
    count = len(completion["choices"])
    streamed = b"".join(replay(completion, wants_usage=True))

    kept = keep(cut(streamed, where), stream=True, choices=count)

    assert isinstance(kept, Kept)
    assert kept == keep([streamed], stream=True, choices=count)


@given(completions(most=2))
def test_a_replay_of_a_replay_is_the_same_bytes(completion: dict[str, Any]) -> None:
    count = len(completion["choices"])
    once = replay(body_of(replay(completion), stream=True, choices=count))

    again = replay(body_of(once, stream=True, choices=count))

    assert again == once


@given(
    texts,
    st.none()
    | st.fixed_dictionaries(
        {
            "tokens": st.lists(texts, max_size=3),
            "token_logprobs": st.lists(st.floats(-9, 0), max_size=3),
        }
    ),
)
def test_a_text_completion_comes_to_the_same(text: str, beside: Any) -> None:
    one = {"index": 0, "text": text, "logprobs": beside, "finish_reason": "stop"}
    completion = {
        **HEAD,
        "object": "text_completion",
        "choices": [one],
        "usage": {"total_tokens": 1},
    }
    body = body_of([json.dumps(completion).encode()], stream=False, api="completions")

    streamed = replay(body, wants_usage=True, api="completions")

    assert kept_of(streamed, stream=True, api="completions") == completion


apis = st.sampled_from(list(FORMS))


@given(apis, st.lists(st.binary(max_size=200), max_size=4), st.booleans())
def test_garbage_is_refused(api: Api, pieces: list[bytes], stream: bool) -> None:
    assert isinstance(keep(pieces, stream=stream, api=api), Refused)


names = st.sampled_from(
    [
        "choices",
        "index",
        "delta",
        "message",
        "content",
        "text",
        "finish_reason",
        "error",
        "type",
        "status",
        "output",
        "data",
        "embedding",
        "logprobs",
        "usage",
        "content_block",
        "stop_reason",
        "response",
    ]
)
odd = st.recursive(
    scalars
    | st.sampled_from(
        ["stop", "message", "completed", "message_stop", "response.completed", "text"]
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=5),
    max_leaves=20,
)


@given(apis, st.lists(odd, max_size=5))
def test_nothing_that_is_json_raises(api: Api, said: list[Any]) -> None:
    encoded = [json.dumps(one).encode() for one in said]
    stream = b"".join(b"data: %b\n\n" % one for one in encoded)

    for pieces, is_stream in ((encoded, False), ([stream, b"data: [DONE]\n\n"], True)):
        kept = keep(pieces, stream=is_stream, api=api)

        if isinstance(kept, Kept):
            assert replay(kept.body, api=api)


@given(
    st.lists(
        st.fixed_dictionaries(
            {}, optional={"content": odd, "role": odd, "reasoning": odd, "annotations": odd}
        ),
        max_size=4,
    ),
    odd,
)
def test_no_odd_delta_raises(deltas: list[Any], last: Any) -> None:
    kept = keep(stream_of(*deltas, last), stream=True)

    if isinstance(kept, Kept):
        assert kept_of(replay(kept.body), stream=True) == json.loads(kept.body)
