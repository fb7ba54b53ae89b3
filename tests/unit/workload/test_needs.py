"""What a model must be able to do to serve a request."""

from typing import Any

import pytest

from wrp_proxy.types import CAPABILITIES
from wrp_proxy.workload.needs import needs_of

TOOL = {"type": "function", "function": {"name": "tide"}}
CALL = {"id": "call_1", **TOOL}


def asked(content: object = "Hello", **more: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}], **more}


@pytest.mark.parametrize(
    ("body", "needs"),
    [
        (asked(), set()),
        (asked(tools=[TOOL]), {"tools"}),
        (asked(functions=[{"name": "tide"}]), {"tools"}),
        (asked(tools=[]), set()),
        (asked(tools=None, functions=None), set()),
        ({"messages": [{"role": "tool", "content": "high"}]}, {"tools"}),
        ({"messages": [{"role": "assistant", "tool_calls": [CALL]}]}, {"tools"}),
        (asked([{"type": "image_url", "image_url": {"url": "x"}}]), {"vision"}),
        (asked([{"type": "input_audio", "input_audio": {}}]), {"audio"}),
        (asked([{"type": "text", "text": "image_url"}]), set()),
        (asked("image_url"), set()),
        (asked(response_format={"type": "json_schema"}), {"json_schema"}),
        (asked(response_format={"type": "json_object"}), set()),
        (asked(response_format="json_schema"), set()),
        (asked(logprobs=True), {"logprobs"}),
        (asked(logprobs=False), set()),
        (
            asked([{"type": "image_url"}], tools=[TOOL], logprobs=True),
            {"vision", "tools", "logprobs"},
        ),
    ],
)
def test_needs_are_seen_in_the_body(body: dict[str, Any], needs: set[str]) -> None:
    assert needs_of(body) == needs
    assert needs <= CAPABILITIES


@pytest.mark.parametrize("content", [None, 7, [None], ["text"], [7], [{}], [{"type": ["odd"]}], {}])
def test_odd_contents_need_nothing(content: object) -> None:
    assert needs_of(asked(content)) == frozenset()


def test_every_message_is_looked_at() -> None:
    messages = [
        {"role": "user", "content": [{"type": "image_url"}]},
        {"role": "assistant", "content": "a ship"},
        {"role": "user", "content": "which one?"},
    ]

    assert needs_of({"messages": messages}) == {"vision"}
