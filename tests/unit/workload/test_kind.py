"""A person, a program, or an agent at work."""

from dataclasses import replace

import pytest

from tests.unit.workload.asking import Message, asking, assistant, call, result, system, user
from wrp_proxy.types import ChatRequest, Kind
from wrp_proxy.workload.kind import kind_of

NO_NEEDS: frozenset[str] = frozenset()
OLD_CALL = assistant(None, function_call={"name": "tide"})
OLD_RESULT = {"role": "function", "name": "tide", "content": "3 m"}


def kind(request: ChatRequest, needs: frozenset[str] = NO_NEEDS) -> Kind:
    return kind_of(request, request.body["messages"], needs)


@pytest.mark.parametrize(
    ("messages", "found"),
    [
        ([user()], "chat"),
        ([system(), user(), assistant(), user()], "chat"),
        ([user(), call(), result()], "tool_loop"),
        ([user(), call(), result(), result()], "tool_loop"),
        ([user(), OLD_CALL, OLD_RESULT], "tool_loop"),
        ([user(), call(), result(), user("[Attached to the result]")], "tool_loop"),
        ([user(), call(), result(), assistant(), user("thanks")], "chat"),
        ([user(), call(), result(), assistant()], "chat"),
        ([result()], "tool_loop"),
        ([call()], "tool_loop"),
        ([], "chat"),
    ],
)
def test_results_that_are_being_worked_on_are_a_tool_loop(
    messages: list[Message], found: Kind
) -> None:
    assert kind(asking(*messages)) == found


def test_tools_on_offer_make_an_agent() -> None:
    assert kind(asking(user()), frozenset({"tools"})) == "agent"


def test_a_completion_is_named_after_its_api() -> None:
    assert kind(replace(asking(user()), api="completions")) == "completion"


def test_what_nobody_waits_for_is_a_batch_whatever_else_it_is() -> None:
    request = replace(asking(user(), call(), result()), api="completions", is_batch=True)

    assert kind(request, frozenset({"tools"})) == "batch"
