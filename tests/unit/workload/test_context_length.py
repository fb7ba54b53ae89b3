"""Short prompts are counted, long ones estimated, and the estimate errs on the long side."""

import json
import random
from typing import Any

import pytest

from wrp_proxy.workload.context_length import (
    ContextLength,
    CountTokens,
    TokenEstimate,
    byte_length,
    load_tiktoken,
    texts_of,
)

IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64," + "A" * 9999}}


def count_words(text: str) -> int:
    return len(text.split())


def prompt(content: object, **more: Any) -> dict[str, Any]:
    return {"model": "auto", "messages": [{"role": "user", "content": content}], **more}


def counting() -> ContextLength:
    return ContextLength(TokenEstimate(), count_words)


def estimating() -> ContextLength:
    return ContextLength(TokenEstimate())


@pytest.fixture(scope="module")
def tiktoken() -> CountTokens:
    count = load_tiktoken()
    assert count is not None
    return count


def test_a_short_prompt_is_counted() -> None:
    assert counting().measure(prompt("one two three")) == (3 + 4, True, 13)


def test_without_a_tokenizer_it_is_estimated() -> None:
    assert estimating().measure(prompt("one two three")) == (4 + 4, False, 13)


def test_a_long_prompt_is_estimated_although_there_is_a_tokenizer() -> None:
    tokens, is_exact, text_bytes = counting().measure(prompt("a " * 1000))

    assert (tokens, is_exact, text_bytes) == (500 + 4, False, 2000)


@pytest.mark.parametrize(("size", "is_exact"), [(1024, True), (1025, False)])
def test_a_kilobyte_is_the_longest_text_that_is_counted(size: int, is_exact: bool) -> None:
    assert counting().measure(prompt("a" * size))[1] is is_exact


def test_every_message_has_an_overhead() -> None:
    body = {"messages": [{"role": "user", "content": ""}] * 5}

    assert counting().measure(body)[0] == 20


def test_bytes_are_those_of_utf_8() -> None:
    assert byte_length("abc") == 3
    assert byte_length("caf\u00e9 \U0001f600") == 10
    assert estimating().measure(prompt("\u6d77" * 100))[2] == 300


def test_parts_are_read_and_those_without_text_are_not() -> None:
    parts = [{"type": "text", "text": "one"}, IMAGE, {"type": "text"}, {"text": 7}, "odd", None]

    assert texts_of(prompt(parts)) == ["one", "", "", "", "", ""]


@pytest.mark.parametrize("content", [None, 7, {"type": "text"}, True])
def test_an_odd_content_has_no_text(content: object) -> None:
    assert counting().measure(prompt(content)) == (4, True, 0)


def test_a_message_without_content_has_no_text() -> None:
    assert counting().measure({"messages": [{}]}) == (4, True, 0)


def test_tool_calls_and_tool_definitions_are_read_by_the_model_too() -> None:
    tools = [{"type": "function", "function": {"name": "tide"}}]
    body = {"messages": [{"role": "assistant", "content": None, "tool_calls": tools}]}

    alone = counting().measure(body)[2]
    together = counting().measure({**body, "tools": tools})[2]

    assert alone > 40
    assert together == 2 * alone


def test_an_image_costs_what_images_cost_and_not_its_bytes() -> None:
    alone = counting().measure(prompt([{"type": "text", "text": "look"}]))
    with_images = counting().measure(prompt([{"type": "text", "text": "look"}, IMAGE, IMAGE]))

    assert with_images[0] == alone[0] + 2 * 765
    assert with_images[2] == alone[2]


def test_a_count_that_guesses_at_images_is_not_called_exact() -> None:
    assert not counting().measure(prompt([{"type": "text", "text": "look"}, IMAGE]))[1]


@pytest.mark.anyio
async def test_the_tokenizer_may_be_loaded_later() -> None:
    context_length = estimating()

    await context_length.load(lambda: count_words)

    assert context_length.measure(prompt("one two three"))[1]


@pytest.mark.anyio
async def test_a_missing_tokenizer_is_done_without() -> None:
    context_length = estimating()

    await context_length.load(lambda: None)

    assert not context_length.measure(prompt("one two three"))[1]


def test_tiktoken_counts_from_this_disk(tiktoken: CountTokens) -> None:
    assert tiktoken("Hello there") == 2
    assert tiktoken("") == 0
    assert tiktoken("<|endoftext|>") > 1


def test_the_estimate_is_close_to_what_tiktoken_counts(tiktoken: CountTokens) -> None:
    text = "The sea is wide, and nobody knows how deep it is in the middle of the night. " * 20

    estimated = TokenEstimate().tokens(len(text))

    assert 1 <= estimated / tiktoken(text) < 1.5


def test_nothing_is_no_tokens_and_a_byte_is_one() -> None:
    assert [TokenEstimate().tokens(size) for size in (0, 1, 4, 5)] == [0, 1, 1, 2]


def test_the_estimate_grows_with_the_text() -> None:
    estimate = TokenEstimate(bytes_per_token=3.7)

    counts = [estimate.tokens(size) for size in range(2000)]

    assert counts == sorted(counts)


def test_sixty_observations_calibrate_it() -> None:
    estimate = TokenEstimate()

    for _ in range(60):
        estimate.observe(3500, 1000)

    assert 1000 <= estimate.tokens(3500) <= 1030


@pytest.mark.parametrize("bytes_per_token", [1.8, 2.0, 3.5, 4.5, 6.0])
def test_it_stays_on_the_long_side_of_noisy_observations(bytes_per_token: float) -> None:
    draw = random.Random(3)  # noqa: S311 - reproducible, not secret
    estimate = TokenEstimate()
    counted, estimated = 0, 0

    for turn in range(400):
        text_bytes = draw.randrange(2000, 20_000)
        tokens = round(text_bytes / (bytes_per_token * draw.uniform(0.9, 1.1)))
        if turn >= 100:
            counted += tokens
            estimated += estimate.tokens(text_bytes)
        estimate.observe(text_bytes, tokens)

    assert counted <= estimated <= counted * 1.25


def test_it_follows_when_the_texts_change() -> None:
    estimate = TokenEstimate()
    for _ in range(100):
        estimate.observe(4500, 1000)

    for _ in range(100):
        estimate.observe(2000, 1000)

    assert 1000 <= estimate.tokens(2000) <= 1100


@pytest.mark.parametrize(("text_bytes", "tokens"), [(10**9, 1), (1, 10**9)])
def test_an_absurd_observation_moves_it_only_a_little(text_bytes: int, tokens: int) -> None:
    estimate = TokenEstimate()

    estimate.observe(text_bytes, tokens)

    assert 950 <= estimate.tokens(4000) <= 1150


@pytest.mark.parametrize(("text_bytes", "tokens"), [(1024, 1024), (5000, 0), (5000, -1), (0, 5)])
def test_short_texts_and_empty_counts_teach_nothing(text_bytes: int, tokens: int) -> None:
    context_length = estimating()

    for _ in range(50):
        context_length.observe(text_bytes, tokens)

    assert context_length.measure(prompt("a" * 4000))[0] == 1000 + 4


def test_what_is_observed_is_used() -> None:
    context_length = estimating()

    for _ in range(60):
        context_length.observe(8000, 4000)

    assert 2000 <= context_length.measure(prompt("a" * 4000))[0] <= 2300


def test_each_category_has_its_own_ratio_once_it_was_seen() -> None:
    context_length = estimating()
    for _ in range(60):
        context_length.observe(8000, 2000, "writing")
        context_length.observe(8000, 4000, "coding")

    def tokens(category: str) -> int:
        return context_length.measure(prompt("a" * 4000), category)[0]

    assert 1000 <= tokens("writing") <= 1100
    assert 2000 <= tokens("coding") <= 2300
    assert tokens("writing") < tokens("unknown") <= tokens("coding")
    assert tokens("history") == tokens("unknown")


def test_a_new_category_begins_with_the_caution_of_all() -> None:
    context_length = estimating()
    for ratio in [3000, 5000] * 40:
        context_length.observe(ratio, 1000)
    before = context_length.measure(prompt("a" * 4000))[0]

    context_length.observe(4000, 1000, "coding")

    assert before > 1200
    assert context_length.measure(prompt("a" * 4000), "coding")[0] == pytest.approx(before, rel=0.1)


def test_categories_without_end_are_not_kept() -> None:
    context_length = estimating()

    for number in range(500):
        context_length.observe(4000, 1000, f"category {number}")

    assert len(context_length.state()) <= 65


def test_the_ratios_go_through_json() -> None:
    context_length, again = estimating(), estimating()
    for _ in range(60):
        context_length.observe(8000, 4000, "coding")

    again.restore(json.loads(json.dumps(context_length.state())))

    assert again.state() == context_length.state()


@pytest.mark.parametrize("state", [{}, {"unknown": []}, {"unknown": [float("nan"), 0]}])
def test_ratios_that_make_no_sense_are_left_out(state: dict[str, list[float]]) -> None:
    context_length = estimating()

    context_length.restore(state)

    assert context_length.state() == {"unknown": [4.0, 0.0]}


def test_a_restored_ratio_stays_within_reason() -> None:
    context_length = estimating()

    context_length.restore({"unknown": [1e9, -5.0]})

    assert context_length.state() == {"unknown": [8.0, 0.0]}
