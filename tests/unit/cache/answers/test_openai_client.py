"""What is replayed is read by the real client, and comes to what was said first."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import pytest
from openai import OpenAI
from openai.lib.streaming.chat import ChatCompletionStreamState
from openai.types import Completion
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from tests.answers import DONE, USAGE, chat, plain, stream
from tests.fake_upstream import FakeUpstream
from tests.unit.cache.answers.giving import TOKENS, body_of, choice, chunk, replay, stream_of, whole

Read = Callable[[Sequence[bytes]], list[ChatCompletionChunk]]
LONG = "Ein schneller brauner Fuchs 🦊 springt über den faulen Hund. " * 30
LOGPROBS = {"content": TOKENS, "refusal": None}
COMPLETIONS = {
    "short": whole(choice(refusal=None), usage=USAGE),
    "long": whole(choice(LONG), usage=USAGE),
    "thinking": whole(choice("Yes", reasoning_content=LONG, annotations=[]), usage=USAGE),
    "cited": whole(
        choice(
            annotations=[
                {
                    "type": "url_citation",
                    "url_citation": {
                        "start_index": 0,
                        "end_index": 5,
                        "url": "https://a.test",
                        "title": "A",
                    },
                }
            ]
        ),
        usage=USAGE,
    ),
    "logprobs": whole({**choice(), "logprobs": LOGPROBS}, usage=USAGE),
    "choices": whole(choice("A"), {**choice(LONG), "index": 1}, usage=USAGE),
}
ALL = pytest.mark.parametrize("completion", COMPLETIONS.values(), ids=COMPLETIONS)


@pytest.fixture(scope="module")
def server() -> Iterator[FakeUpstream]:
    with FakeUpstream(chat()) as fake:
        yield fake


@pytest.fixture(scope="module")
def client(server: FakeUpstream) -> Iterator[OpenAI]:
    with OpenAI(base_url=server.url, api_key="none", max_retries=0) as opened:
        yield opened


@pytest.fixture
def read(server: FakeUpstream, client: OpenAI) -> Read:
    """Give the client these pieces over a real connection, and return what it reads."""

    def read(pieces: Sequence[bytes]) -> list[ChatCompletionChunk]:
        server.answer = stream(pieces)
        return list(client.chat.completions.create(model="small", messages=[], stream=True))

    return read


def accumulated(chunks: Iterable[ChatCompletionChunk]) -> dict[str, Any]:
    state = ChatCompletionStreamState()
    for one in chunks:
        state.handle_chunk(one)
    return state.get_final_completion().to_dict()


@ALL
def test_replayed_chunks_are_valid(read: Read, completion: Any) -> None:
    chunks = read(replay(completion, wants_usage=True))

    for one in chunks:
        ChatCompletionChunk.model_validate(one.to_dict(), strict=True)


@ALL
def test_a_replayed_stream_comes_to_the_answer_that_was_plain(read: Read, completion: Any) -> None:
    final = accumulated(read(replay(completion, wants_usage=True)))

    for said, told in zip(completion["choices"], final["choices"], strict=True):
        assert told["message"].items() >= said["message"].items()
        assert told["finish_reason"] == "stop"
        assert told.get("logprobs") == said["logprobs"]
    assert final["usage"] == completion["usage"]
    assert all(final[name] == completion[name] for name in ("id", "created", "model"))


def test_a_replayed_stream_comes_to_what_the_first_stream_came_to(read: Read) -> None:
    pieces = [
        chunk({"role": "assistant", "content": "", "refusal": None}),
        *(chunk({"reasoning_content": word}) for word in ("Let ", "me")),
        *(
            chunk({"content": one["token"]}, logprobs={"content": [one], "refusal": None})
            for one in TOKENS
        ),
        *stream_of(usage=True)[-3:],
    ]

    replayed = replay(body_of(pieces, stream=True), wants_usage=True)

    assert accumulated(read(replayed)) == accumulated(read(pieces))


def test_a_kept_stream_is_a_valid_plain_answer(server: FakeUpstream, client: OpenAI) -> None:
    body = body_of(stream_of({"content": "Hello"}, usage=True), stream=True)

    server.answer = plain(b"".join(replay(body, stream=False)))
    answer = client.chat.completions.create(model="small", messages=[])

    ChatCompletion.model_validate(json.loads(body), strict=True)
    assert answer.choices[0].message.content == "Hello"
    assert answer.usage is not None


def test_usage_and_tools_are_absent_unless_asked_for(read: Read) -> None:
    chunks = read(replay(COMPLETIONS["short"]))

    assert all(one.usage is None and one.choices for one in chunks)
    assert all(not one.choices[0].delta.tool_calls for one in chunks)
    assert [one.choices[0].finish_reason for one in chunks] == [None, None, "stop"]


def test_replayed_text_completions_are_valid(server: FakeUpstream, client: OpenAI) -> None:
    one = {"index": 0, "text": LONG, "logprobs": None, "finish_reason": "stop"}
    pieces = replay(
        whole(one, object="text_completion", usage=USAGE), wants_usage=True, api="completions"
    )

    server.answer = stream(pieces)
    chunks = list(client.completions.create(model="small", prompt="Hi", stream=True))

    *said, last = chunks
    assert all(isinstance(chunk, Completion) for chunk in chunks)
    assert "".join(chunk.choices[0].text for chunk in said) == LONG
    assert said[-1].choices[0].finish_reason == "stop"
    assert last.usage is not None
    assert pieces[-1].endswith(DONE)
