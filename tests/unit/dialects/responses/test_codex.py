"""What Codex CLI 0.169 sends at its first and second turn, made short."""

import json
from typing import Any

from tests.unit.dialects.responses.told import call, kinds, response_in, told
from wrp_proxy.dialects.responses.request import to_chat

TOOLS: list[dict[str, Any]] = [
    {
        "type": "function",
        "name": "exec_command",
        "description": "Runs a command.",
        "strict": False,
        "parameters": {"type": "object", "properties": {"cmd": {"type": "string"}}},
    },
    {
        "type": "custom",
        "name": "apply_patch",
        "description": "Edits files.",
        "format": {"type": "grammar", "syntax": "lark", "definition": "start: begin_patch"},
    },
    {
        "type": "namespace",
        "name": "multi_agent_v1",
        "description": "Sub-agents.",
        "tools": [{"type": "function", "name": "close_agent", "parameters": {"type": "object"}}],
    },
    {"type": "tool_search", "execution": "client", "parameters": {"type": "object"}},
    {"type": "web_search", "external_web_access": False},
]
FIRST: dict[str, Any] = {
    "model": "auto",
    "stream": True,
    "input": [
        {
            "type": "message",
            "id": f"msg_{role}",
            "role": role,
            "content": [{"type": "input_text", "text": text}],
        }
        for role, text in [("developer", "You code."), ("developer", "Skills."), ("user", "Hi")]
    ],
    "tools": TOOLS,
    "tool_choice": "auto",
    "parallel_tool_calls": True,
    "reasoning": {"effort": "medium", "summary": "auto"},
    "store": False,
    "include": ["reasoning.encrypted_content"],
    "prompt_cache_key": "thread-1",
    "text": {"verbosity": "low"},
    "client_metadata": {"thread_id": "thread-1", "session_id": "thread-1"},
}


def test_the_first_turn_needs_nothing_but_chat() -> None:
    translation = to_chat(FIRST)

    assert translation.native_only is None
    assert set(translation.body) == {
        "model",
        "messages",
        "tools",
        "tool_choice",
        "parallel_tool_calls",
        "reasoning_effort",
        "verbosity",
        "stream",
        "stream_options",
    }
    assert translation.body["messages"] == [
        {"role": "system", "content": "You code.\n\nSkills."},
        {"role": "user", "content": "Hi"},
    ]
    assert [tool["function"]["name"] for tool in translation.body["tools"]] == [
        "exec_command",
        "apply_patch",
        "multi_agent_v1__close_agent",
    ]


def test_the_second_turn_gives_back_what_the_first_answered() -> None:
    patch = "*** Begin Patch\n*** Add File: a\n+ä\n*** End Patch\n"
    events = told(
        {"reasoning_content": "Let me see."},
        {"content": "I'll do it."},
        call(0, '{"cmd": "ls"}', "call_1", "exec_command"),
        call(1, json.dumps({"input": patch}), "call_2", "apply_patch"),
        finish="tool_calls",
        **FIRST,
    )
    response = response_in(events)
    results = [
        {"type": "function_call_output", "id": "fco_1", "call_id": "call_1", "output": "a\n"},
        {"type": "custom_tool_call_output", "id": "ctco_1", "call_id": "call_2", "output": "ok"},
    ]
    thought = {**response["output"][0], "content": None}

    second = to_chat(
        {**FIRST, "input": [*FIRST["input"], thought, *response["output"][1:], *results]}
    )

    assert kinds(events)[-1] == "completed"
    assert response["output"][3]["input"] == patch
    assert second.native_only is None
    assert [message["role"] for message in second.body["messages"]] == [
        "system",
        "user",
        "assistant",
        "tool",
        "tool",
    ]
    calls = second.body["messages"][2]["tool_calls"]
    assert [call["id"] for call in calls] == ["call_1", "call_2"]
    assert json.loads(calls[1]["function"]["arguments"]) == {"input": patch}
