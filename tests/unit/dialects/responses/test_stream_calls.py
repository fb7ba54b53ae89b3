"""Calls of tools, as a stream tells them."""

import pytest

from tests.unit.dialects.responses.told import (
    FUNCTION,
    PATCH,
    call,
    kinds,
    of_kind,
    response_in,
    told,
)

CRM = {"type": "namespace", "name": "crm", "description": "Customers", "tools": [FUNCTION]}


def test_a_call_is_told_from_its_first_fragment() -> None:
    events = told(
        call(0, "", "call_1", "look"),
        call(0, '{"at":'),
        call(0, '"x"}'),
        finish="tool_calls",
        tools=[FUNCTION],
    )

    assert kinds(events)[2:-1] == [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    assert response_in(events)["output"] == [
        {
            "id": "fc_1",
            "type": "function_call",
            "status": "completed",
            "call_id": "call_1",
            "name": "look",
            "arguments": '{"at":"x"}',
        }
    ]


def test_interleaved_calls_keep_apart() -> None:
    events = told(
        call(0, "", "call_a", "look"),
        call(1, "", "call_b", "look"),
        call(0, '{"a"'),
        call(1, '{"b"'),
        call(0, ":1}"),
        call(1, ":2}"),
    )

    assert [(c["call_id"], c["arguments"]) for c in response_in(events)["output"]] == [
        ("call_a", '{"a":1}'),
        ("call_b", '{"b":2}'),
    ]


@pytest.mark.parametrize("index", [0, None])
def test_calls_that_share_an_index_are_told_apart_by_their_ids(index: int | None) -> None:
    events = told(call(index, "{}", "call_a", "look"), call(index, '{"b":2}', "call_b", "look"))

    assert [c["call_id"] for c in response_in(events)["output"]] == ["call_a", "call_b"]


def test_a_call_without_an_id_gets_one() -> None:
    (item,) = response_in(told(call(0, "{}", name="look")))["output"]

    assert item["call_id"].startswith("call_")


def test_a_call_without_arguments_has_an_empty_object() -> None:
    events = told(call(0, "", "call_1", "look"))

    assert of_kind(events, "function_call_arguments.delta")[0]["delta"] == "{}"
    assert response_in(events)["output"][0]["arguments"] == "{}"


def test_arguments_that_are_an_object_are_told_as_json() -> None:
    (item,) = response_in(told(call(0, {"a": 1}, "call_1", "look")))["output"]

    assert item["arguments"] == '{"a":1}'


def test_a_custom_tool_gets_its_bare_input() -> None:
    events = told(
        call(0, '{"inp', "call_1", "apply_patch"),
        call(0, 'ut": "*** Begin\\n'),
        call(0, '+a"}'),
        tools=[PATCH],
    )

    assert [e["delta"] for e in of_kind(events, "custom_tool_call_input.delta")] == [
        "*** Begin\n",
        "+a",
    ]
    assert of_kind(events, "custom_tool_call_input.done")[0]["input"] == "*** Begin\n+a"
    assert response_in(events)["output"] == [
        {
            "id": "ctc_1",
            "type": "custom_tool_call",
            "status": "completed",
            "call_id": "call_1",
            "name": "apply_patch",
            "input": "*** Begin\n+a",
        }
    ]


def test_a_tool_of_a_namespace_gets_its_own_name_back() -> None:
    (item,) = response_in(told(call(0, "{}", "call_1", "crm__look"), tools=[CRM]))["output"]

    assert (item["namespace"], item["name"]) == ("crm", "look")
