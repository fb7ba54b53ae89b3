"""What holds of every stream, whatever an upstream says and however the network cuts it."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.dialects.responses.told import (
    Event,
    call,
    chat_stream,
    events_in,
    of_kind,
    relay,
    response_in,
    stream_decoder,
    told,
)
from tests.unit.pieces import cut, places, single_bytes
from wrp_proxy.errors import UpstreamError

TOOLS = [{"type": "function", "name": "look"}, {"type": "custom", "name": "apply_patch"}]
TEXT = st.text(st.characters(codec="utf-8"), max_size=8) | st.just("a\u2028b")
ODD = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
    max_leaves=4,
)
SAID = st.fixed_dictionaries({"content": TEXT})
THOUGHT = st.fixed_dictionaries({"reasoning_content": TEXT})
REFUSED = st.fixed_dictionaries({"refusal": TEXT})
SIGNED = st.builds(lambda text: {"thinking_blocks": [{"type": "thinking", "thinking": text}]}, TEXT)
CALLED = st.builds(
    lambda index, text: call(index, text, f"call_{index}", ["look", "apply_patch"][index % 2]),
    st.integers(0, 3),
    TEXT | st.just('{"input": "x\\n\\ud83d') | st.just('\\ude00"}'),
)
DELTAS = st.lists(SAID | THOUGHT | REFUSED | SIGNED | CALLED, max_size=8)
ODD_DELTAS = st.lists(
    st.dictionaries(
        st.sampled_from(
            ["content", "reasoning", "refusal", "tool_calls", "annotations", "thinking_blocks"]
        ),
        ODD | st.lists(st.dictionaries(st.sampled_from(["id", "index", "function"]), ODD)),
        max_size=3,
    )
    | ODD,
    max_size=4,
)
ENDS = st.sampled_from(["stop", "length", "tool_calls"])


@given(DELTAS, ENDS, places)
def test_any_split_gives_the_same_bytes(deltas: list[Any], finish: str, places: list[int]) -> None:
    whole = chat_stream(*deltas, finish=finish)
    expected = relay(stream_decoder(tools=TOOLS), [whole])

    for pieces in (cut(whole, places), single_bytes(whole)):
        assert relay(stream_decoder(tools=TOOLS), pieces) == expected


@given(DELTAS, ENDS)
def test_the_events_agree_with_each_other(deltas: list[Any], finish: str) -> None:
    events = told(*deltas, finish=finish, tools=TOOLS)

    assert [event["sequence_number"] for event in events] == list(range(len(events)))
    added = of_kind(events, "output_item.added")
    done = sorted(of_kind(events, "output_item.done"), key=lambda event: event["output_index"])
    assert [event["output_index"] for event in added] == list(range(len(added)))
    assert [event["item"]["id"] for event in added] == [event["item"]["id"] for event in done]
    assert response_in(events)["output"] == [event["item"] for event in done]
    for kind, field in WHOLE.items():
        assert _deltas(events, f"{kind}.delta") == {
            _where(event): event[field] for event in of_kind(events, f"{kind}.done") if event[field]
        }


@given(DELTAS)
def test_nothing_that_was_said_gets_lost(deltas: list[Any]) -> None:
    output = response_in(told(*deltas, tools=TOOLS))["output"]

    parts = [p for item in output if item["type"] == "message" for p in item["content"]]
    assert "".join(part.get("text", "") for part in parts) == _joined(deltas, "content")
    assert "".join(part.get("refusal", "") for part in parts) == _joined(deltas, "refusal")
    thoughts = [part for item in output for part in item.get("summary", ())]
    assert "".join(t["text"] for t in thoughts) == _joined(deltas, "reasoning_content")


@given(ODD_DELTAS)
def test_odd_deltas_raise_nothing_unexpected(deltas: list[Any]) -> None:
    try:
        relayed = relay(stream_decoder(tools=TOOLS), [chat_stream(*deltas)])
    except UpstreamError:
        return

    assert events_in(relayed)[-1]["type"] == "response.completed"


WHOLE = {
    "output_text": "text",
    "refusal": "refusal",
    "reasoning_summary_text": "text",
    "function_call_arguments": "arguments",
    "custom_tool_call_input": "input",
}


def _where(event: Event) -> tuple[str, int | None]:
    return event["item_id"], event.get("content_index")


def _deltas(events: list[Event], kind: str) -> dict[tuple[str, int | None], str]:
    joined: dict[tuple[str, int | None], str] = {}
    for event in of_kind(events, kind):
        joined[_where(event)] = joined.get(_where(event), "") + event["delta"]
    return joined


def _joined(deltas: list[Any], field: str) -> str:
    return "".join(delta.get(field, "") for delta in deltas)
