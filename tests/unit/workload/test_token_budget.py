"""Requests go to the window that they need, and never to one that is too short for them."""

import argparse
import json
import tarfile
import typing
from dataclasses import replace
from inspect import getsource
from math import log
from pydoc_data.topics import topics
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import chat_request, outcome, usage, workload
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength, load_tiktoken
from wrp_proxy.workload.token_estimate import TokenEstimate

SHORT, LONG = 1024, 8192
OUTPUT = 100
SORTS = {
    "prose": "\n".join(topics.values()),
    "code": "".join(map(getsource, (argparse, tarfile, typing))),
    "cjk": "海は広いので、誰もその深さを知りません。今天下午三点开会,请准备好材料。" * 900,
}


def text_of(draw: Random, tokens: int) -> str:
    """Return prose, a program, Chinese and Japanese, or a table as a tool returns it."""
    sort = draw.choice([*SORTS, "json"])
    if sort == "json":
        rows = ({"id": f"{draw.getrandbits(64):x}", "price": n / 4} for n in range(tokens // 20))
        return json.dumps([*rows])
    size = tokens if sort == "cjk" else 4 * tokens
    start = draw.randrange(len(SORTS[sort]) - size)
    return SORTS[sort][start : start + size]


def window_for(tokens: int) -> int | None:
    return next((window for window in (SHORT, LONG) if tokens <= window), None)


@pytest.mark.anyio
async def test_none_is_sent_to_a_window_too_short_and_few_to_one_too_long() -> None:
    draw = Random(1)  # noqa: S311 - reproducible, not secret
    count = load_tiktoken()
    assert count is not None
    classifier = WorkloadClassifier(ContextLength(TokenEstimate(), count))
    unfit, misrouted, misrouted_by_four, counted = 0, 0, 0, 0
    for _ in range(400):
        size = min(round(draw.lognormvariate(log(SHORT), 0.6)), 6000)
        message = {"role": "user", "content": text_of(draw, max(size, 100))}
        request = chat_request(messages=[message], max_tokens=OUTPUT)
        true = count(message["content"]) + 4

        found = await classifier.classify(request)
        if any(map(found.is_doubtful_at, (SHORT, LONG))):
            counted += 1
            found = await classifier.recount(request, found)
        classifier.learn(outcome(workload=found, usage=usage(true, 50)))

        right = window_for(true + OUTPUT)
        unfit += (window_for(found.safe_tokens) or LONG) < (right or LONG)
        misrouted += window_for(found.safe_tokens) != right
        misrouted_by_four += window_for(found.text_bytes // 4 + 4 + OUTPUT) != right

    assert unfit == 0
    assert misrouted <= 4
    assert misrouted_by_four >= 30
    assert counted <= 200


@pytest.mark.parametrize(
    ("limit_tokens", "is_doubtful"),
    [(None, False), (799, False), (800, True), (1000, True), (1199, True), (1200, False)],
)
def test_a_limit_within_the_doubt_is_doubtful(limit_tokens: int | None, is_doubtful: bool) -> None:
    asked = workload(input_tokens=900, max_output_tokens=100, doubt_tokens=200)

    assert asked.is_doubtful_at(limit_tokens) is is_doubtful


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_where_there_is_no_doubt_all_it_may_be_is_on_one_side(
    tokens: int, doubt: int, limit: int
) -> None:
    asked = workload(input_tokens=tokens, max_output_tokens=10, doubt_tokens=doubt)
    sides = {asked.total_tokens - doubt <= limit, asked.safe_tokens <= limit}

    assert asked.is_doubtful_at(limit) is (len(sides) == 2)


def test_what_was_counted_is_doubtful_nowhere() -> None:
    asked = replace(workload(input_tokens=900, max_output_tokens=100), doubt_tokens=0)

    assert asked.safe_tokens == asked.total_tokens == 1000
    assert not asked.is_doubtful_at(1000)
