"""Short prompts are counted, long ones estimated, and the estimate errs on the long side."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.unit.nouns import workload
from wrp_proxy.types import Workload
from wrp_proxy.workload.context_length import (
    ContextLength,
    CountTokens,
    byte_length,
    load_tiktoken,
    texts_of,
)
from wrp_proxy.workload.token_estimate import TokenEstimate

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 9999}}


def count_words(text: str) -> int:
    return len(text.split())


def prompt(content: object, **more: Any) -> dict[str, Any]:
    return {"model": "auto", "messages": [{"role": "user", "content": content}], **more}


def counting() -> ContextLength:
    return ContextLength(TokenEstimate(), count_words)


def estimating() -> ContextLength:
    return ContextLength(TokenEstimate())


def measured(context_length: ContextLength, body: Mapping[str, Any]) -> tuple[int, bool, int]:
    """Return tokens, whether they are exact, and bytes."""
    found = context_length.measure(body)
    return found.tokens, found.is_exact, found.text_bytes


def tokens_of(context_length: ContextLength, size: int = 4000) -> int:
    return context_length.measure(prompt("abc " * (size // 4))).tokens


def seen(**fields: object) -> Workload:
    """Return what was measured of a prompt."""
    usual: dict[str, object] = {
        "text_bytes": 8000,
        "text_class": "ascii/0",
        "tokens_exact": False,
        "besides_tokens": 4,
    }
    return workload(**{**usual, **fields})


@pytest.fixture(scope="module")
def tiktoken() -> CountTokens:
    count = load_tiktoken()
    assert count is not None
    return count


def test_a_short_prompt_is_counted() -> None:
    assert measured(counting(), prompt("one two three")) == (3 + 4, True, 13)


def test_without_a_tokenizer_it_is_estimated() -> None:
    assert measured(estimating(), prompt("one two three")) == (4 + 4, False, 13)


def test_a_long_prompt_is_estimated_although_there_is_a_tokenizer() -> None:
    tokens, is_exact, text_bytes = measured(counting(), prompt("a " * 1000))

    assert (tokens, is_exact, text_bytes) == (500 + 4, False, 2000)


@pytest.mark.parametrize(("size", "is_exact"), [(1024, True), (1025, False)])
def test_a_kilobyte_is_the_longest_text_that_is_counted(size: int, is_exact: bool) -> None:
    assert counting().measure(prompt("a" * size)).is_exact is is_exact


def test_every_message_has_an_overhead() -> None:
    body = {"messages": [{"role": "user", "content": ""}] * 5}

    assert counting().measure(body).tokens == 20


def test_bytes_are_those_of_utf_8() -> None:
    assert byte_length("abc") == 3
    assert byte_length("caf\u00e9 \U0001f600") == 10
    assert estimating().measure(prompt("\u6d77" * 100)).text_bytes == 300


def test_parts_are_read_and_those_without_text_are_not() -> None:
    parts = [{"type": "text", "text": "one"}, IMAGE, {"type": "text"}, {"text": 7}, "odd", None]

    assert texts_of(prompt(parts)) == ["one", "", "", "", "", ""]


@pytest.mark.parametrize("content", [None, 7, {"type": "text"}, True])
def test_an_odd_content_has_no_text(content: object) -> None:
    assert measured(counting(), prompt(content)) == (4, True, 0)


def test_a_message_without_content_has_no_text() -> None:
    assert measured(counting(), {"messages": [{}]}) == (4, True, 0)


def test_tool_calls_and_tool_definitions_are_read_by_the_model_too() -> None:
    tools = [{"type": "function", "function": {"name": "tide"}}]
    body = {"messages": [{"role": "assistant", "content": None, "tool_calls": tools}]}

    alone = counting().measure(body).text_bytes
    together = counting().measure({**body, "tools": tools}).text_bytes

    assert alone > 40
    assert together == 2 * alone


def test_an_image_costs_what_images_cost_and_not_its_bytes() -> None:
    alone = counting().measure(prompt([{"type": "text", "text": "look"}]))
    with_images = counting().measure(prompt([{"type": "text", "text": "look"}, IMAGE, IMAGE]))

    assert with_images.tokens == alone.tokens + 2 * 765
    assert with_images.besides_tokens == alone.besides_tokens + 2 * 765
    assert with_images.text_bytes == alone.text_bytes


def test_a_count_that_guesses_at_images_is_not_called_exact() -> None:
    assert not counting().measure(prompt([{"type": "text", "text": "look"}, IMAGE])).is_exact


@pytest.mark.anyio
async def test_the_tokenizer_may_be_loaded_later() -> None:
    context_length = estimating()

    await context_length.load(lambda: count_words)

    assert context_length.measure(prompt("one two three")).is_exact


@pytest.mark.anyio
async def test_a_missing_tokenizer_is_done_without() -> None:
    context_length = estimating()

    await context_length.load(lambda: None)

    assert not context_length.measure(prompt("one two three")).is_exact


def test_tiktoken_counts_from_this_disk(tiktoken: CountTokens) -> None:
    assert tiktoken("Hello there") == 2
    assert tiktoken("") == 0
    assert tiktoken("<|endoftext|>") > 1


def test_the_estimate_is_close_to_what_tiktoken_counts(tiktoken: CountTokens) -> None:
    text = "The sea is wide, and nobody knows how deep it is in the middle of the night. " * 20

    estimated = TokenEstimate().tokens(len(text), "ascii/0")[0]

    assert 1 <= estimated / tiktoken(text) < 1.5


@pytest.mark.parametrize(
    "fields",
    [
        {"text_bytes": 1024},
        {"text_class": ""},
        {"text_bytes": 0},
        {"besides_tokens": 4000},
        {"besides_tokens": 5000},
    ],
)
def test_short_texts_and_empty_counts_teach_nothing(fields: dict[str, Any]) -> None:
    context_length = estimating()

    for _ in range(50):
        context_length.observe(seen(**fields), 4000)

    assert tokens_of(context_length) == 1000 + 4


def test_what_is_observed_is_used() -> None:
    context_length = estimating()

    for _ in range(60):
        context_length.observe(seen(), 4004)

    assert tokens_of(context_length) == pytest.approx(2000 + 4, rel=0.03)


def test_images_do_not_make_the_text_longer() -> None:
    context_length = estimating()

    for _ in range(60):
        context_length.observe(seen(besides_tokens=4 + 765), 2000 + 4 + 765)

    assert tokens_of(context_length) == 1000 + 4


@pytest.mark.parametrize("category", ["coding", "writing", "unknown"])
def test_the_category_does_not_matter_for_nobody_may_have_asked_for_it(category: str) -> None:
    context_length = estimating()

    for _ in range(60):
        context_length.observe(seen(category=category), 4004)

    assert list(context_length.statistics.keys()) == ["ascii/0"]


def test_a_short_prompt_leaves_no_doubt_and_a_long_one_does() -> None:
    assert counting().measure(prompt("one two three")).doubt_tokens == 0
    assert counting().measure(prompt("a " * 1000)).doubt_tokens > 500


@pytest.mark.anyio
async def test_a_recount_is_what_the_tokenizer_says(tiktoken: CountTokens) -> None:
    body = prompt("The sea is wide, and nobody knows how deep it is. " * 2000)

    found = await ContextLength(TokenEstimate(), tiktoken).recount(body)

    assert found == (tiktoken(body["messages"][0]["content"]) + 4, 0)


@pytest.mark.anyio
async def test_without_a_tokenizer_nothing_is_recounted() -> None:
    assert await estimating().recount(prompt("one two three")) is None
    assert await estimating().count_exactly(prompt("one two three")) == 4 + 4


@pytest.mark.anyio
async def test_an_upstream_that_counts_more_than_the_tokenizer_is_allowed_for() -> None:
    context_length = counting()
    for _ in range(20):
        exact = seen(tokens_exact=True, input_tokens=2000 + 4)
        context_length.observe(exact, 2500 + 4)

    found = await context_length.recount(prompt("one " * 4000))

    assert found is not None
    assert found[0] == 4000 + 4
    assert 5000 <= sum(found) <= 5300
