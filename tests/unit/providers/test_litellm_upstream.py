"""LiteLLM is called with what a caller may say, and answers as an OpenAI-compatible server."""

import json
from typing import Any

import pytest

from tests.answers import DONE, USAGE, completion, delta
from tests.unit.providers.litellm_stand_in import (
    ASKED,
    KEY,
    Dumped,
    StandIn,
    Stream,
    ask,
    call,
    chunks,
    events_of,
    gives,
    upstream_of,
)
from wrp_proxy.errors import DisconnectedError, UpstreamMissingError

pytestmark = pytest.mark.anyio

EMBEDDINGS = {
    "model": "embed",
    "object": "list",
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5, -2.0]}],
    "usage": {"prompt_tokens": 2, "total_tokens": 2, "completion_tokens_details": None},
}


async def test_the_body_becomes_arguments_beside_the_proxys_own_settings() -> None:
    library = StandIn()
    asked = {**ASKED, "temperature": 0.5, "tools": [{"type": "function"}], "seed": None}

    status, headers, _ = await ask(upstream_of(library), call(**asked))

    assert status == 200
    assert headers[b"content-type"] == b"application/json"
    assert library.chats == [
        {
            **ASKED,
            "temperature": 0.5,
            "tools": [{"type": "function"}],
            "api_key": KEY,
            "timeout": 600.0,
            "num_retries": 0,
            "max_retries": 0,
            "_skip_mcp_handler": True,
        }
    ]


async def test_without_a_key_litellm_finds_its_own() -> None:
    library = StandIn()

    await ask(upstream_of(library), call(key=None, **ASKED))

    assert "api_key" not in library.chats[0]


@pytest.mark.parametrize(
    "name",
    [
        "api_base",
        "api_key",
        "aws_bedrock_runtime_endpoint",
        "aws_role_name",
        "base_url",
        "custom_llm_provider",
        "extra_body",
        "extra_headers",
        "fallbacks",
        "litellm_credential_name",
        "metadata",
        "mock_response",
        "model_list",
        "num_retries",
        "timeout",
        "vertex_credentials",
        "a_setting_of_next_year",
    ],
)
async def test_a_caller_sets_nothing_of_litellms(name: str) -> None:
    library = StandIn()

    await ask(upstream_of(library), call(**{**ASKED, name: "http://evil"}))

    assert "http://evil" not in library.chats[0].values()


async def test_the_operator_fixes_arguments_and_lets_more_pass() -> None:
    library = StandIn()
    upstream = upstream_of(
        library,
        fixed={"api_base": "http://lab", "drop_params": True, "temperature": 0},
        also_passed=frozenset({"documents"}),
    )

    await ask(upstream, call(**ASKED, documents=["One"], temperature=1))

    said = library.chats[0]
    assert (said["api_base"], said["drop_params"], said["temperature"]) == ("http://lab", True, 0)
    assert said["documents"] == ["One"]


async def test_each_provider_has_its_own_options() -> None:
    library = StandIn()
    elsewhere = call(**ASKED)
    upstream = upstream_of(library, fixed={"api_base": "http://lab"})

    await ask(upstream, type(elsewhere)(url="litellm://other/v1/chat/completions", headers=()))

    assert "api_base" not in library.chats[0]


async def test_a_plain_answer_has_no_nulls_but_for_its_content() -> None:
    tool = {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    message = {"content": None, "role": "assistant", "tool_calls": [tool], "function_call": None}
    said = completion(message=message, system_fingerprint=None)
    said["choices"][0] |= {"logprobs": None, "provider_specific_fields": {}}
    library = StandIn(gives(Dumped(said)))

    _, _, body = await ask(upstream_of(library), call(**ASKED))

    expected = completion(message={"content": None, "role": "assistant", "tool_calls": [tool]})
    assert json.loads(body) == expected


async def test_what_vendors_add_survives() -> None:
    blocks = [{"type": "thinking", "thinking": "Hm", "signature": "x"}]
    message = {
        "role": "assistant",
        "content": "Hi",
        "reasoning_content": "Hm",
        "thinking_blocks": blocks,
        "provider_specific_fields": {"citations": [1]},
    }
    library = StandIn(gives(Dumped(completion(message=message))))

    _, _, body = await ask(upstream_of(library), call(**ASKED))

    assert json.loads(body)["choices"][0]["message"] == message


async def test_the_nulls_of_log_probabilities_have_a_meaning() -> None:
    said = completion()
    said["choices"][0]["logprobs"] = {"content": [{"token": "a", "bytes": None}], "refusal": None}
    library = StandIn(gives(Dumped(said)))

    _, _, body = await ask(upstream_of(library), call(**ASKED))

    assert json.loads(body) == said


async def test_a_stream_is_written_as_openai_writes_it() -> None:
    library = StandIn(gives(Stream(chunks("Hello", " there"))))

    status, headers, body = await ask(upstream_of(library), call(**ASKED, stream=True))

    assert (status, headers[b"content-type"]) == (200, b"text/event-stream")
    assert body.endswith(DONE)
    assert events_of(body) == [
        delta("", role="assistant"),
        delta("Hello"),
        delta(" there"),
        delta(finish="stop"),
        {**delta(), "choices": [], "usage": USAGE},
    ]


async def test_every_chunk_is_a_piece_of_its_own() -> None:
    library = StandIn(gives(Stream(chunks("Hello"))))

    async with upstream_of(library).open(call(**ASKED, stream=True)) as exchange:
        first = await anext(aiter(exchange))

        assert events_of(first) == [delta("", role="assistant")]


async def test_fragments_of_a_tool_call_keep_what_they_carry() -> None:
    start = {"index": 0, "id": "call_1", "type": "function"}
    calls: list[dict[str, Any]] = [
        {**start, "function": {"name": "f", "arguments": ""}},
        {"index": 0, "id": None, "type": "function", "function": {"name": None, "arguments": "{}"}},
    ]
    items = [delta(None, tool_calls=[fragment]) for fragment in calls]
    library = StandIn(gives(Stream([*items, delta(finish="tool_calls")])))

    _, _, body = await ask(upstream_of(library), call(**ASKED, stream=True))

    fragments = [event["choices"][0]["delta"].get("tool_calls") for event in events_of(body)]
    rest = {"index": 0, "type": "function", "function": {"arguments": "{}"}}
    assert fragments == [[calls[0]], [rest], None]


async def test_signed_thinking_is_sent_whole() -> None:
    blocks: list[dict[str, Any]] = [
        {"type": "thinking", "thinking": "One, "},
        {"type": "thinking", "thinking": "two"},
        {"type": "thinking", "thinking": "", "signature": "bare"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "thinking", "thinking": "Three"},
        {"type": "thinking", "thinking": "Three", "signature": "joined"},
    ]
    items = [delta(reasoning_content="…", thinking_blocks=[block]) for block in blocks]
    library = StandIn(gives(Stream([*items, delta(finish="stop")])))

    _, _, body = await ask(upstream_of(library), call(**ASKED, stream=True))

    deltas = [event["choices"][0]["delta"] for event in events_of(body)]
    assert [block for said in deltas for block in said.get("thinking_blocks", ())] == [
        {"type": "thinking", "thinking": "One, two", "signature": "bare"},
        {"type": "redacted_thinking", "data": "xyz"},
        {"type": "thinking", "thinking": "Three", "signature": "joined"},
    ]
    assert [said.get("reasoning_content") for said in deltas] == [*"……………", "…", None]


async def test_a_finish_that_litellm_made_up_is_a_failure() -> None:
    library = StandIn(gives(Stream(chunks("Hello"), received_finish_reason=None)))

    with pytest.raises(DisconnectedError):
        await ask(upstream_of(library), call(**ASKED, stream=True))


async def test_the_operator_may_take_the_end_of_a_stream_for_its_finish() -> None:
    library = StandIn(gives(Stream(chunks("Hello"), received_finish_reason=None)))
    upstream = upstream_of(library, ends_without_finish=True)

    _, _, body = await ask(upstream, call(**ASKED, stream=True))

    assert body.endswith(DONE)


@pytest.mark.parametrize("encoding_format", ["float", "base64"])
async def test_embeddings_are_numbers_that_the_decoder_may_encode(encoding_format: str) -> None:
    library = StandIn(gives(Dumped(EMBEDDINGS)))
    asked: dict[str, Any] = {"model": "cohere/embed", "input": ["Hi"]}
    asked["encoding_format"] = encoding_format

    _, _, body = await ask(upstream_of(library), call("v1/embeddings", **asked))

    assert json.loads(body) == {**EMBEDDINGS, "usage": {"prompt_tokens": 2, "total_tokens": 2}}
    assert library.embeddings[0]["input"] == ["Hi"]
    assert "encoding_format" not in library.embeddings[0]


async def test_a_format_of_embeddings_that_only_the_vendor_knows_is_passed_on() -> None:
    packed = {**EMBEDDINGS, "data": [{"index": 0, "embedding": "AAA="}]}
    library = StandIn(gives(Dumped(packed)))
    asked = call("embeddings", model="m", input="Hi", encoding_format="int8", dimensions=2)

    _, _, body = await ask(upstream_of(library), asked)

    assert json.loads(body)["data"] == packed["data"]
    said = library.embeddings[0]
    assert (said["encoding_format"], said["dimensions"]) == ("int8", 2)


async def test_other_apis_are_missing() -> None:
    library = StandIn()

    with pytest.raises(UpstreamMissingError):
        await ask(upstream_of(library), call("models"))

    assert library.chats == library.embeddings == []
