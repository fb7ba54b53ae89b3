"""Self-consistency: samples of a cheap model, and others where it does not agree with itself."""

import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.end_to_end.held import SCHEMA, held_config, leave
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, ask, recorded, running_proxy

SHORT = 20


@pytest.fixture(scope="module")
def third() -> Iterator[FakeUpstream]:
    with FakeUpstream(answers.chat()) as fake:
        yield fake


@pytest.fixture(scope="module")
def shared_trio(
    shared_upstream: FakeUpstream,
    shared_second: FakeUpstream,
    third: FakeUpstream,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    urls = (shared_upstream.url, shared_second.url, third.url)
    config = held_config("self_consistency", *urls, resilience={"cooldown_s": 0})
    with running_proxy(config, tmp_path_factory.mktemp("trio")) as proxy:
        yield proxy


@pytest.fixture
def small(shared_upstream: FakeUpstream) -> FakeUpstream:
    shared_upstream.received.clear()
    return shared_upstream


@pytest.fixture
def others(shared_second: FakeUpstream, third: FakeUpstream) -> tuple[FakeUpstream, FakeUpstream]:
    """Those of the dearer models, one of which is asked before the other."""
    for fake in (shared_second, third):
        fake.received.clear()
    return shared_second, third


def _short(
    proxy: Proxy, *, headers: Mapping[str, str] | None = None, **fields: Any
) -> httpx.Response:
    return ask(proxy, headers=headers, max_tokens=SHORT, **fields)


def _said(*texts: str) -> Any:
    return answers.in_turn(*map(answers.chat, texts))


def _asked(others: tuple[FakeUpstream, FakeUpstream]) -> int:
    return sum(len(fake.received) for fake in others)


def _content(reply: httpx.Response) -> str:
    return str(reply.json()["choices"][0]["message"]["content"])


def test_samples_that_agree_are_the_answer(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = _said("The answer is 42.", "42", "So the answer: 42")

    reply = _short(shared_trio, headers={"x-wrp-debug": "1"})
    rows = recorded(shared_trio, 3, request_id=reply.headers["x-request-id"])

    assert "42" in _content(reply)
    assert reply.headers["x-wrp-model"] == "small"
    assert reply.headers["x-wrp-reason"].startswith("3 of small: 3 of 3 agree; small given")
    assert reply.headers["x-wrp-verdicts"] == "small: agrees; small: agrees; small: agrees"
    assert "x-wrp-held-ms" in reply.headers
    assert (len(small.received), _asked(others)) == (3, 0)
    assert sorted(row["attempt"] for row in rows) == [1, 2, 3]
    assert [row["cost_usd"] for row in rows] == pytest.approx([25e-6] * 3)


def test_samples_get_a_temperature_where_the_caller_has_set_none(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = _said("yes", "yes", "no")
    others[0].answer = others[1].answer = answers.chat("yes")

    _short(shared_trio)
    _short(shared_trio, temperature=0.3)

    assert [received.json["temperature"] for received in small.received] == [1.0] * 3 + [0.3] * 3
    bodies = [received.json for fake in others for received in fake.received]
    assert "temperature" not in bodies[0]
    assert len(bodies) <= 2


def test_a_second_model_is_asked_where_two_samples_agree(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = _said("41", "42", "42")
    others[0].answer = others[1].answer = answers.chat("42.0")

    reply = _short(shared_trio)
    rows = recorded(shared_trio, 4, request_id=reply.headers["x-request-id"])

    assert _content(reply).strip() == "42"
    assert "2 of 3 agree" in reply.headers["x-wrp-reason"]
    assert "3 of 4 agree" in reply.headers["x-wrp-reason"]
    assert (len(small.received), _asked(others)) == (3, 1)
    assert len(rows) == 4


def test_the_second_models_word_counts_where_votes_are_equal(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = _said("41", "42", "42")
    others[0].answer = others[1].answer = answers.chat("41")

    reply = _short(shared_trio)

    assert _content(reply).strip() == "41"


def test_three_models_vote_where_all_samples_differ(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = _said("1", "2", "3")
    others[0].answer = others[1].answer = answers.chat("4")

    reply = _short(shared_trio)

    assert _content(reply).strip() == "4"
    assert _asked(others) == 2
    assert "2 of 5 agree" in reply.headers["x-wrp-reason"]


def test_the_best_model_answers_where_none_agree(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = _said("1", "2", "3")
    others[0].answer = answers.chat("4")
    others[1].answer = answers.chat("5")

    reply = _short(shared_trio)

    assert reply.headers["x-wrp-model"] != "small"
    assert "none agree" in reply.headers["x-wrp-reason"]


def test_one_sample_is_taken_where_the_caller_wants_no_chance(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = others[0].answer = others[1].answer = answers.chat("42")

    reply = _short(shared_trio, temperature=0)

    assert reply.headers["x-wrp-model"] == "small"
    assert (len(small.received), _asked(others)) == (1, 1)


@pytest.mark.parametrize("stream", [False, True])
def test_json_is_compared_by_what_it_says(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream], stream: bool
) -> None:
    small.answer = _said('{"sum": 1, "a": 2}', '{"a":2, "sum":1}', '{"sum":1,"a":2}')

    reply = ask(shared_trio, response_format=SCHEMA, stream=stream)

    assert reply.headers["x-wrp-model"] == "small"
    assert "3 of 3 agree" in reply.headers["x-wrp-reason"]
    assert _asked(others) == 0
    assert reply.content.endswith(answers.DONE) == stream


def test_the_client_library_gets_a_stream_of_one_sample(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = answers.chat("It is yes")

    chunks = shared_trio.openai.chat.completions.create(
        model="auto", messages=ASK, max_tokens=SHORT, stream=True
    )
    texts = [chunk.choices[0].delta.content or "" for chunk in chunks]

    assert "".join(texts) == "It is yes "
    assert len(small.received) == 3


def test_the_vote_is_given_in_time(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = _said("41", "42", "42")
    others[0].answer = others[1].answer = answers.hang

    reply = _short(shared_trio, headers={"x-wrp-timeout-ms": "1500"})

    assert _content(reply).strip() == "42"
    assert "failed: deadline_exceeded" in reply.headers["x-wrp-reason"]


def test_long_answers_are_not_compared(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = others[0].answer = others[1].answer = answers.chat("A story")

    reply = ask(shared_trio, max_tokens=2000)

    assert len(small.received) + _asked(others) == 1
    assert "x-wrp-held-ms" not in reply.headers


def test_a_client_that_leaves_cancels_all_samples(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = answers.hang

    rows = leave(shared_trio, small, 3, max_tokens=SHORT)

    assert [row["finish"] for row in rows] == ["cancelled"] * 3
    assert sorted(row["attempt"] for row in rows) == [1, 2, 3]
    assert _asked(others) == 0


def test_the_others_answer_where_the_cheapest_is_dead(
    second: FakeUpstream, start_proxy: StartProxy, dead_url: str
) -> None:
    proxy = start_proxy(held_config("self_consistency", dead_url, second.url))

    reply = _short(proxy)

    assert reply.status_code == 200
    assert reply.headers["x-wrp-model"] == "large"
    assert "small failed" in reply.headers["x-wrp-reason"]


def test_what_no_model_can_mend_fails(
    shared_trio: Proxy, small: FakeUpstream, others: tuple[FakeUpstream, FakeUpstream]
) -> None:
    small.answer = answers.error(400)

    reply = _short(shared_trio, headers={"x-request-id": secrets.token_hex()})

    assert reply.status_code == 400
    assert _asked(others) == 0
