"""Requests and prompts to read signals from."""

from dataclasses import replace
from typing import Any

from tests.unit.nouns import chat_request
from wrp_proxy.types import ChatRequest
from wrp_proxy.workload.prompt import Prompt

Message = dict[str, Any]


def user(content: object = "How high is the tide?") -> Message:
    return {"role": "user", "content": content}


def system(content: object = "You are a pilot.") -> Message:
    return {"role": "system", "content": content}


def assistant(content: object = "Three metres.", **more: Any) -> Message:
    return {"role": "assistant", "content": content, **more}


def call(name: str = "tide") -> Message:
    return assistant(None, tool_calls=[{"id": "call_1", "function": {"name": name}}])


def result(content: object = "3 m", **more: Any) -> Message:
    return {"role": "tool", "tool_call_id": "call_1", "content": content, **more}


def tool(number: int = 1, chars: int = 50) -> Message:
    function = {"name": f"tool_{number}", "description": "d" * chars}
    return {"type": "function", "function": function}


def asking(*messages: object, tenant: str = "alice", **body: Any) -> ChatRequest:
    return replace(chat_request(messages=list(messages), **body), tenant=tenant)


def prompt(*messages: object, **more: Any) -> Prompt:
    return Prompt(asking(*messages, **more))
