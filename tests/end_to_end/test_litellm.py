"""The real LiteLLM before vendors' servers of our own; it has an environment to itself.

Its dependencies exclude the version of the OpenAI SDK that the other tests use.
"""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from struct import unpack
from typing import Any

import pytest

from tests import answers
from tests.fake_upstream import Answer, FakeUpstream, Received, Wire
from tests.unit.nouns import chat_request, endpoint
from wrp_proxy.errors import (
    DisconnectedError,
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    UpstreamContextError,
    UpstreamError,
    UpstreamMissingError,
    UpstreamTimeoutError,
)
from wrp_proxy.providers.litellm_arguments import LiteLLMOptions
from wrp_proxy.providers.litellm_library import is_litellm_installed
from wrp_proxy.providers.litellm_upstream import LiteLLMUpstream
from wrp_proxy.providers.openai import OpenAIProvider
from wrp_proxy.providers.upstream import Call
from wrp_proxy.types import ChatRequest

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.skipif(
        not is_litellm_installed(), reason="the extra `litellm` is not installed: no litellm"
    ),
    # LiteLLM leaves sessions, tasks and loops to the garbage collector.
    pytest.mark.filterwarnings("ignore"),
]

KEY = "sk-upstream-secret"
VLLM = "hosted_vllm/mock"
COHERE = "cohere_chat/command-r"
BEDROCK = "bedrock/converse/anthropic.claude-3-haiku-20240307-v1:0"
TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "Tell the weather.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
        },
    }
]

MakeUpstream = Callable[..., LiteLLMUpstream]


@pytest.fixture
async def make_upstream(upstream: FakeUpstream) -> AsyncIterator[MakeUpstream]:
    """Make upstreams that talk to the fake server."""
    made = []

    def make(**fixed: Any) -> LiteLLMUpstream:
        options = LiteLLMOptions(fixed={"api_base": upstream.url, **fixed})
        made.append(LiteLLMUpstream(providers={"lab": options}))
        return made[-1]

    yield make
    for each in made:
        await each.close()


async def ask(
    upstream: LiteLLMUpstream, model: str = VLLM, *, stream: bool = False, **body: Any
) -> bytes:
    request = chat_request(stream=stream, wants_usage=True, **body)
    raw = json.dumps({**request.body, "stream": stream}).encode()
    return await relay(upstream, replace(request, raw=raw), model)


async def relay(upstream: LiteLLMUpstream, request: ChatRequest, model: str) -> bytes:
    """Ask as an attempt does, and return what it would relay."""
    provider, at = OpenAIProvider(base_url="litellm://lab", api_key=KEY), endpoint(model)
    async with asyncio.timeout(30), upstream.open(provider.encode(request, at)) as exchange:
        if exchange.status != 200:
            said = b"".join([piece async for piece in exchange])
            raise provider.error(exchange.status, exchange.headers, said)
        decoder = provider.decoder(request, at)
        chunks = [chunk async for piece in exchange for chunk in decoder.feed(piece)]
        chunks += decoder.close()
    return b"".join(chunk.data for chunk in chunks)


def events_of(body: bytes) -> list[Any]:
    payloads = [event.removeprefix(b"data: ") for event in body.split(b"\n\n") if event]
    return [json.loads(payload) for payload in payloads if payload != b"[DONE]"]


async def test_a_plain_answer(upstream: FakeUpstream, make_upstream: MakeUpstream) -> None:
    answer = json.loads(await ask(make_upstream(), temperature=0.5))

    assert answer["choices"][0] == {
        "index": 0,
        "message": {"role": "assistant", "content": "Hello there"},
        "finish_reason": "stop",
    }
    assert answer["usage"] == answers.USAGE
    assert upstream.last.headers["authorization"] == f"Bearer {KEY}"
    assert upstream.last.json["model"] == "mock"
    assert upstream.last.json["temperature"] == 0.5


async def test_a_streamed_answer(make_upstream: MakeUpstream) -> None:
    body = await ask(make_upstream(), stream=True)

    *chunks, usage = events_of(body)
    assert body.endswith(answers.DONE)
    assert [chunk["choices"][0]["delta"] for chunk in chunks] == [
        {"role": "assistant", "content": ""},
        {"content": "Hello "},
        {"content": "there "},
        {},
    ]
    assert [chunk["choices"][0]["finish_reason"] for chunk in chunks] == [None, None, None, "stop"]
    assert usage["choices"] == []
    assert answers.USAGE.items() <= usage["usage"].items()


async def test_tool_calls_in_a_stream(upstream: FakeUpstream, make_upstream: MakeUpstream) -> None:
    start = {"index": 0, "id": "call_1", "type": "function"}
    fragments: list[dict[str, Any]] = [
        {**start, "function": {"name": "weather", "arguments": ""}},
        {"index": 0, "function": {"arguments": '{"city": '}},
        {"index": 0, "function": {"arguments": '"Rome"}'}},
    ]
    pieces = [answers.delta(tool_calls=[fragment]) for fragment in fragments]
    pieces.append(answers.delta(finish="tool_calls"))
    upstream.answer = answers.stream([*map(answers.event, pieces), answers.DONE])

    chunks = events_of(await ask(make_upstream(), stream=True, tools=TOOLS))

    deltas = [chunk["choices"][0]["delta"] for chunk in chunks if chunk["choices"]]
    calls = [call for said in deltas for call in said.get("tool_calls", ())]
    assert calls[0] == fragments[0]
    assert "".join(call["function"]["arguments"] for call in calls) == '{"city": "Rome"}'
    assert upstream.last.json["tools"] == TOOLS
    assert chunks[-2]["choices"][0]["finish_reason"] == "tool_calls"


async def test_reasoning_survives(upstream: FakeUpstream, make_upstream: MakeUpstream) -> None:
    message = {"role": "assistant", "content": "Hi", "reasoning_content": "Hm"}
    upstream.answer = answers.plain(answers.completion(message=message))

    answer = json.loads(await ask(make_upstream()))

    assert answer["choices"][0]["message"].items() >= message.items()


async def test_a_vendor_with_words_of_its_own(
    upstream: FakeUpstream, make_upstream: MakeUpstream
) -> None:
    call = {"id": "call_1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    said = {
        "id": "1",
        "finish_reason": "TOOL_CALL",
        "message": {"role": "assistant", "tool_plan": "I look.", "tool_calls": [call]},
        "usage": {
            "billed_units": {"input_tokens": 11, "output_tokens": 7},
            "tokens": {"input_tokens": 11, "output_tokens": 7},
        },
    }
    upstream.answer = answers.plain(said)

    answer = json.loads(await ask(make_upstream(), COHERE, tools=TOOLS))

    (made,) = answer["choices"][0]["message"]["tool_calls"]
    assert made["function"] == call["function"]
    assert answers.USAGE.items() <= answer["usage"].items()


async def test_a_vendor_that_signs_its_requests(
    upstream: FakeUpstream, make_upstream: MakeUpstream
) -> None:
    upstream.answer = answers.plain(
        {
            "output": {"message": {"role": "assistant", "content": [{"text": "Hello"}]}},
            "stopReason": "max_tokens",
            "usage": {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18},
            "metrics": {"latencyMs": 1},
        }
    )
    client = make_upstream(
        api_base=None,
        aws_bedrock_runtime_endpoint=upstream.url.removesuffix("/v1"),
        aws_access_key_id="one",
        aws_secret_access_key="two",
        aws_region_name="us-east-1",
        api_key=None,
    )

    answer = json.loads(await ask(client, BEDROCK, max_tokens=7))

    assert answer["choices"][0]["message"]["content"] == "Hello"
    assert answer["choices"][0]["finish_reason"] == "length"
    assert answers.USAGE.items() <= answer["usage"].items()
    assert upstream.last.path.endswith("/converse")


@pytest.mark.parametrize("encoding_format", ["float", "base64"])
async def test_embeddings(
    encoding_format: str, upstream: FakeUpstream, make_upstream: MakeUpstream
) -> None:
    upstream.answer = answers.plain(
        {
            "object": "list",
            "model": "embed",
            "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -2.0]}],
            "usage": {"prompt_tokens": 2, "total_tokens": 2},
        }
    )
    asked = {"input": ["Hi"], "encoding_format": encoding_format}
    request = replace(chat_request(), api="embeddings", own=asked, raw=json.dumps(asked).encode())

    answer = json.loads(await relay(make_upstream(), request, "hosted_vllm/embed"))

    (made,) = answer["data"]
    is_base64 = encoding_format == "base64"
    said = made["embedding"]
    assert (unpack("<2f", b64decode(said)) if is_base64 else tuple(said)) == (0.5, -2.0)
    assert upstream.last.json["input"] == ["Hi"]
    assert answer["usage"]["prompt_tokens"] == 2


CONTEXT = "This model's maximum context length is 8192 tokens"


@pytest.mark.parametrize("model", [VLLM, COHERE])
@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("answer", "expected", "code"),
    [
        (answers.error(429, code="tpm"), RateLimitedError, "tpm"),
        (answers.error(401), UnauthorisedError, "upstream_authentication_error"),
        (answers.error(404), UpstreamMissingError, "model_not_found"),
        (answers.error(400, message=CONTEXT), UpstreamContextError, "context_length_exceeded"),
        (answers.error(400), RejectedError, None),
        (answers.error(500), UpstreamError, "upstream_error"),
        (answers.error(503), UpstreamError, "upstream_error"),
    ],
)
async def test_errors_keep_their_meaning_and_are_not_retried(
    *,
    model: str,
    stream: bool,
    answer: Answer,
    expected: type[UpstreamError],
    code: str | None,
    upstream: FakeUpstream,
    make_upstream: MakeUpstream,
) -> None:
    upstream.answer = answer

    with pytest.raises(expected) as caught:
        await ask(make_upstream(), model, stream=stream)

    assert type(caught.value) is expected
    assert caught.value.code == code
    assert "litellm" not in caught.value.message.lower()
    assert len(upstream.received) == 1


async def test_an_error_keeps_the_vendors_words(
    upstream: FakeUpstream, make_upstream: MakeUpstream
) -> None:
    upstream.answer = answers.error(
        429, message="Slow down", type="tokens", code="tpm", headers={"retry_after": "7"}
    )

    with pytest.raises(RateLimitedError) as caught:
        await ask(make_upstream())

    seen = caught.value
    assert (seen.message, seen.type, seen.code) == ("Slow down", "tokens", "tpm")
    assert seen.retry_after_s == 7


async def break_off(received: Received, wire: Wire) -> None:
    """End the connection, not the body; unlike a reset that loses nothing of what was sent."""
    await wire.begin_stream()
    await wire.piece(answers.chunks_of(["Hello"])[1])
    wire.writer.close()


@pytest.mark.parametrize(
    "answer", [answers.stream(answers.chunks_of(["Hello"])[:2]), break_off], ids=["ends", "breaks"]
)
async def test_a_stream_without_a_finish_is_broken(
    answer: Answer, upstream: FakeUpstream, make_upstream: MakeUpstream
) -> None:
    upstream.answer = answer

    with pytest.raises(DisconnectedError):
        await ask(make_upstream(), stream=True)


async def test_an_error_in_mid_stream_keeps_its_meaning(
    upstream: FakeUpstream, make_upstream: MakeUpstream
) -> None:
    failure = answers.event({"error": {"message": "Slow down", "code": 429}})
    upstream.answer = answers.stream([*answers.chunks_of(["Hello"])[:2], failure])

    with pytest.raises(RateLimitedError):
        await ask(make_upstream(), stream=True)


@pytest.mark.parametrize("answer", [answers.reset, answers.plain({"error": {"message": "No"}})])
async def test_an_answer_that_is_none_is_an_error(
    answer: Answer, upstream: FakeUpstream, make_upstream: MakeUpstream
) -> None:
    upstream.answer = answer

    with pytest.raises(UpstreamError):
        await ask(make_upstream())


async def test_a_server_that_refuses_connections_is_not_named(
    dead_url: str, make_upstream: MakeUpstream
) -> None:
    with pytest.raises(UpstreamError) as caught:
        await ask(make_upstream(api_base=dead_url))

    assert "127.0.0.1" not in caught.value.message


@pytest.mark.parametrize("stream", [False, True])
async def test_a_cancelled_call_closes_the_connection(
    stream: bool, upstream: FakeUpstream, make_upstream: MakeUpstream
) -> None:
    asked = asyncio.Event()
    loop = asyncio.get_running_loop()

    async def hang(received: Received, wire: Wire) -> None:
        if stream:
            await wire.begin_stream()
            await wire.piece(answers.chunks_of(["Hello"])[1])
        loop.call_soon_threadsafe(asked.set)
        await asyncio.Event().wait()

    upstream.answer = hang
    asking = asyncio.create_task(ask(make_upstream(), stream=stream))
    await asked.wait()

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await asyncio.to_thread(upstream.last.client_left.wait, 20)


async def test_an_aborted_call_closes_the_connection(
    upstream: FakeUpstream, make_upstream: MakeUpstream
) -> None:
    upstream.answer = answers.paused_stream(answers.chunks_of(["Hello"])[:2], [])
    call = Call(
        url="litellm://lab/chat/completions",
        headers=(),
        body=json.dumps({"model": VLLM, "messages": [], "stream": True}).encode(),
    )
    async with make_upstream(api_key="k").open(call) as exchange:
        await anext(aiter(exchange))
        await anext(aiter(exchange))
        reading = asyncio.ensure_future(anext(aiter(exchange)))

        exchange.abort(UpstreamTimeoutError("Too slow."))

        with pytest.raises(UpstreamTimeoutError):
            await reading
    assert await asyncio.to_thread(upstream.last.client_left.wait, 20)
