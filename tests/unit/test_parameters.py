"""Parameters that a strategy sets, in the words of each API."""

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.nouns import chat_request
from wrp_proxy.parameters import with_parameters
from wrp_proxy.types import Api

SET = {"temperature": 0.5, "max_completion_tokens": 9}


@pytest.mark.parametrize(
    ("api", "expected"),
    [
        ("chat", {"temperature": 0.5, "max_completion_tokens": 9}),
        ("completions", {"temperature": 0.5, "max_completion_tokens": 9}),
        ("responses", {"temperature": 0.5, "max_output_tokens": 9}),
        ("messages", {"temperature": 0.5, "max_tokens": 9}),
    ],
)
def test_fields_are_set_in_both_tellings_of_a_request(api: Api, expected: dict[str, Any]) -> None:
    own: dict[str, Any] = {"model": "auto", "temperature": 1, "odd": [1.50, None]}
    request = replace(chat_request(), api=api, own=own, raw=json.dumps(own).encode())

    changed = with_parameters(request, SET)

    assert changed.body == {**request.body, **SET}
    assert changed.own == {**own, **expected}
    assert json.loads(changed.raw) == {**own, **expected}
    assert b"1.5" in changed.raw
    assert request.own == own


def test_who_is_asked_and_how_it_is_told_stays_the_callers() -> None:
    request = chat_request()

    assert with_parameters(request, {"model": "x", "messages": [], "stream": True}) is request
    assert with_parameters(request, {}) is request
