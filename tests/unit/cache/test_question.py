"""Which text of a request may be put in other words."""

from typing import Any

import pytest

from wrp_proxy.cache.question import find_question
from wrp_proxy.types import Api

USER = {"role": "user", "content": "Why?"}
PART = {"role": "user", "content": [{"type": "text", "text": "Why?"}]}


@pytest.mark.parametrize(
    ("api", "body", "history"),
    [
        ("chat", {"messages": [USER]}, 0),
        ("chat", {"messages": [PART]}, 0),
        ("chat", {"messages": [{"role": "system", "content": "x"}, USER]}, 0),
        ("chat", {"messages": [USER, {"role": "assistant", "content": "x"}, USER]}, 2),
        ("messages", {"system": "x", "messages": [PART]}, 0),
        ("responses", {"input": "Why?"}, 0),
        ("responses", {"input": [{"role": "user", "content": "Why?"}]}, 0),
        (
            "responses",
            {"input": [{"role": "user", "content": [{"type": "input_text", "text": "Why?"}]}]},
            0,
        ),
        ("completions", {"prompt": "Why?"}, 0),
    ],
)
def test_the_last_users_text_is_found(api: Api, body: dict[str, Any], history: int) -> None:
    question = find_question(api, body)

    assert question is not None
    assert (question.text, question.history) == ("Why?", history)


@pytest.mark.parametrize(
    ("api", "body"),
    [
        ("chat", {"messages": []}),
        ("chat", {"messages": [USER, {"role": "assistant", "content": "Be"}]}),
        ("chat", {"messages": [{"role": "tool", "content": "4"}]}),
        ("chat", {"messages": [{"role": "user", "content": None}]}),
        ("chat", {"messages": [{"role": "user", "content": [*PART["content"], *PART["content"]]}]}),
        ("chat", {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]}),
        ("chat", {"messages": "Why?"}),
        ("chat", {"messages": [7]}),
        ("responses", {"input": [{"type": "function_call_output", "output": "4"}]}),
        ("completions", {"prompt": ["Why?", "How?"]}),
        ("embeddings", {"input": "Why?"}),
    ],
)
def test_where_there_is_not_one_such_text_there_is_no_question(
    api: Api, body: dict[str, Any]
) -> None:
    assert find_question(api, body) is None


def test_something_else_is_put_in_its_place() -> None:
    body: dict[str, Any] = {"messages": [{"role": "user", "content": "Why?"}]}
    question = find_question("chat", body)
    assert question is not None

    question.put(None)

    assert body["messages"][0]["content"] is None
