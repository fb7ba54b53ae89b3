"""A chat upstream's stream is told as the events of a response."""

from typing import Any

import pytest
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tests.answers import DONE
from tests.unit.dialects.responses.told import (
    FUNCTION,
    PATCH,
    USAGE_CHUNK,
    call,
    chat_chunk,
    chat_stream,
    events_in,
    kinds,
    of_kind,
    relay,
    response_in,
    stream_decoder,
    told,
)


def test_text_is_told_in_openais_order() -> None:
    events = told({"content": "Hel"}, {"content": "lo"})

    assert kinds(events) == [
        "created",
        "in_progress",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ]
    assert of_kind(events, "output_text.done")[0]["text"] == "Hello"
    assert response_in(events)["output"] == [
        {
            "id": "msg_1",
            "type": "message",
            "status": "completed",
            "role": "assistant",
            "content": [
                {"type": "output_text", "text": "Hello", "annotations": [], "logprobs": []}
            ],
        }
    ]


def test_each_event_names_itself_and_no_done_mark_follows() -> None:
    relayed = relay(stream_decoder(), [chat_stream({"content": "a"})])

    assert relayed.startswith(b'event: response.created\ndata: {"type":"response.created"')
    assert relayed.count(b"event: ") == relayed.count(b"\n\n")
    assert b"[DONE]" not in relayed


def test_the_openai_sdk_knows_every_event() -> None:
    adapter: TypeAdapter[ResponseStreamEvent] = TypeAdapter(ResponseStreamEvent)
    events = told(
        {"reasoning_content": "hm"},
        {"content": "a"},
        {"refusal": "no"},
        call(0, "{}", "call_1", "look"),
        call(1, '{"input":"x"}', "call_2", "apply_patch"),
        tools=[FUNCTION, PATCH],
    )

    parsed = [adapter.validate_python(event) for event in events]

    assert [event.type for event in parsed] == [event["type"] for event in events]
    assert Response.model_validate(response_in(events)).output_text == "a"


def test_the_response_repeats_its_request() -> None:
    asked: dict[str, Any] = {
        "instructions": "Be brief.",
        "temperature": 0.5,
        "metadata": {"a": "b"},
        "tools": [FUNCTION],
        "store": False,
        "previous_response_id": "resp_before",
    }

    response = response_in(told({"content": "a"}, **asked))

    assert {name: response[name] for name in asked} == asked
    assert response["object"] == "response"
    assert response["model"] == "auto"
    assert response["id"] == "resp_0"
    assert response["created_at"] == response["completed_at"] == 1000
    assert response["parallel_tool_calls"] is True
    assert response["text"] == {"format": {"type": "text"}}


def test_usage_is_told_in_whole_numbers_with_its_details() -> None:
    response = response_in(told({"content": "a"}))

    assert response["usage"] == {
        "input_tokens": 11,
        "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
        "output_tokens": 7,
        "output_tokens_details": {"reasoning_tokens": 2},
        "total_tokens": 18,
    }


def test_usage_that_nobody_counted_is_not_made_up() -> None:
    stream = chat_chunk({"content": "a"}) + chat_chunk({}, "stop") + DONE

    events = events_in(relay(stream_decoder(), [stream]))

    assert response_in(events)["usage"] is None


@pytest.mark.parametrize("field", ["reasoning_content", "reasoning"])
def test_thoughts_are_told_as_a_summary_before_the_text(field: str) -> None:
    events = told({field: "h"}, {field: "m"}, {"content": "a"})

    assert kinds(events)[2:9] == [
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.delta",
        "reasoning_summary_text.done",
        "reasoning_summary_part.done",
        "output_item.done",
    ]
    thought, message = response_in(events)["output"]
    assert thought["summary"] == [{"type": "summary_text", "text": "hm"}]
    assert "encrypted_content" not in thought
    assert message["content"][0]["text"] == "a"


def test_thoughts_among_the_parts_of_a_content_are_thoughts() -> None:
    thinking = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}

    events = told({"content": [thinking]}, {"content": [{"type": "text", "text": "a"}]})

    thought, message = response_in(events)["output"]
    assert thought["summary"][0]["text"] == "hm"
    assert message["content"][0]["text"] == "a"


def test_a_refusal_is_a_part_of_its_own() -> None:
    events = told({"content": "a"}, {"refusal": "I "}, {"refusal": "won't"})

    (message,) = response_in(events)["output"]
    assert [part["type"] for part in message["content"]] == ["output_text", "refusal"]
    assert message["content"][1]["refusal"] == "I won't"
    assert [e["content_index"] for e in of_kind(events, "refusal.delta")] == [1, 1]


def test_what_is_said_after_a_call_is_another_message() -> None:
    events = told({"content": "a"}, call(0, "{}", "call_1", "look"), {"content": "b"})

    assert [item["type"] for item in response_in(events)["output"]] == [
        "message",
        "function_call",
        "message",
    ]


def test_logprobs_are_told_with_their_text() -> None:
    entry = {"token": "a", "logprob": -0.1, "bytes": [97], "top_logprobs": []}
    stream = (
        chat_chunk({"content": "a"}, logprobs={"content": [entry]})
        + chat_chunk({}, "stop")
        + USAGE_CHUNK
        + DONE
    )

    events = events_in(relay(stream_decoder(), [stream]))

    assert of_kind(events, "output_text.delta")[0]["logprobs"] == [entry]
    assert response_in(events)["output"][0]["content"][0]["logprobs"] == [entry]


def test_citations_become_annotations() -> None:
    cited = {"type": "url_citation", "url_citation": {"url": "https://example.org", "title": "t"}}

    events = told({"content": "a"}, {"annotations": [cited]})

    flat = {"type": "url_citation", "url": "https://example.org", "title": "t"}
    assert of_kind(events, "output_text.annotation.added")[0]["annotation"] == flat
    assert response_in(events)["output"][0]["content"][0]["annotations"] == [flat]


@pytest.mark.parametrize(
    ("finish", "reason"),
    [("length", "max_output_tokens"), ("content_filter", "content_filter")],
)
def test_an_answer_that_was_cut_off_is_incomplete(finish: str, reason: str) -> None:
    events = told({"content": "a"}, finish=finish)

    assert kinds(events)[-1] == "incomplete"
    response = response_in(events)
    assert response["status"] == "incomplete"
    assert response["incomplete_details"] == {"reason": reason}
    assert response["output"][0]["status"] == "incomplete"
    assert response["completed_at"] is None


def test_an_answer_of_nothing_is_an_empty_message() -> None:
    events = told(finish="stop")

    assert response_in(events)["output"][0]["content"][0]["text"] == ""


def test_thoughts_that_were_cut_off_are_followed_by_no_message() -> None:
    events = told({"reasoning_content": "hm"}, finish="length")

    assert [item["type"] for item in response_in(events)["output"]] == ["reasoning"]


def test_a_role_is_no_content_and_text_is() -> None:
    decoder = stream_decoder()

    role = decoder.feed(chat_chunk({"role": "assistant", "content": ""}))
    text = decoder.feed(chat_chunk({"content": "a"}))

    assert [chunk.content for chunk in role] == [False]
    assert [chunk.content for chunk in text] == [True]
