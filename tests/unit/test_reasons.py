"""Decisions in words."""

from dataclasses import replace
from typing import get_args

import numpy as np

from tests.unit.nouns import model, workload
from wrp_proxy.catalog import Catalog, Route
from wrp_proxy.deciding import Considered
from wrp_proxy.explanation import explanation
from wrp_proxy.reasons import (
    check_in_words,
    explained,
    parts_in_words,
    quality_source,
    signals_in_words,
    whole_reason,
    wishes_in_words,
)
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.signals import Check, Parts, Preferences, Signal
from wrp_proxy.types import Decision, Price

EVERY_SIGNAL: frozenset[Signal] = frozenset(get_args(Signal))
SMALL = model("small", quality={"default": 0.6}, quality_source="the configuration")
LARGE = model("large", price=Price(input=1.0, output=2.0))
DECISION = Decision(
    ranking=(SMALL, LARGE),
    router="session(task_table)",
    reason="quality 0.60 for 0.0001 USD expected, cost weight 1",
    scores={"small": 0.5, "large": None},
    parts={"small": Parts(quality=0.6, cost_usd=0.0001, latency_s=1.2, bonus=0.05)},
    fired=("session: stays with small, 80 % of the prompt is warm",),
)


def test_every_signal_that_was_asked_for_is_named() -> None:
    asked = workload(
        category="coding",
        probabilities={"coding": 0.91, "chat": 0.09},
        complexity=0.42,
        session="s1",
        turn=3,
        failed_tools=2,
        features=np.zeros(256, dtype=np.float32),
        language="en",
        risks=frozenset({"email", "api key"}),
        warmth=0.8,
    )

    assert signals_in_words(asked, EVERY_SIGNAL) == {
        "category": "coding (0.91)",
        "complexity": "0.42",
        "conversation": "turn 3 of session s1, 2 failed tools",
        "features": "256 numbers",
        "fingerprint": "no system prompt",
        "language": "en",
        "risks": "api key, email",
        "warmth": "0.80",
    }
    assert signals_in_words(asked, {"language"}) == {"language": "en"}


def test_signals_that_could_not_be_told_are_named_unknown() -> None:
    asked = workload(unknown=frozenset({"risks", "warmth"}), probabilities={"coding": 0.3})

    said = signals_in_words(asked, EVERY_SIGNAL)

    assert (said["risks"], said["warmth"], said["complexity"]) == ("unknown",) * 3
    assert said["category"] == "unknown, likeliest coding (0.30)"


def test_a_whole_reason_says_why_what_fired_and_what_was_scored() -> None:
    said = whole_reason(DECISION, workload(language="en"), {"language"})

    assert said == (
        "quality 0.60 for 0.0001 USD expected, cost weight 1; "
        "session: stays with small, 80 % of the prompt is warm; signals: language en; "
        "small: score 0.5, quality 0.60, cost 0.0001 USD, latency 1.2 s, bonus 0.05"
    )
    assert explained(DECISION, workload(language="en"), {"language"}).reason == said


def test_a_decision_that_looked_at_nothing_keeps_its_reason() -> None:
    plain = Decision(ranking=(SMALL,), router="fixed_order", reason="first")

    assert explained(plain, workload(), frozenset()) is plain


def test_a_reason_is_never_too_long_for_a_header() -> None:
    decision = replace(DECISION, fired=("x" * 5000,))

    assert len(whole_reason(decision, workload(), ())) == 800


def test_sources_of_quality_are_the_configuration_the_table_or_the_price() -> None:
    assert quality_source(SMALL) == "the configuration"
    assert quality_source(LARGE) == "its price"
    assert quality_source(model("free")) == "nobody, not even a price"
    assert list(parts_in_words(Parts(quality=0.6), "its price")) == ["quality 0.60 by its price"]


def test_wishes_and_checks_have_words() -> None:
    wishes = Preferences(cost=1.0, latency=0.5, max_cost_usd=0.01)

    said = list(wishes_in_words(wishes))

    assert said == ["cost weight 1", "latency weight 0.5", "at most 0.01 USD"]
    assert check_in_words(Check(how="agree", samples=3)) == "asked 3 times, until answers agree"
    assert "(json_schema)" in check_in_words(Check(how="verify", verifiers=("json_schema",)))


def test_an_explanation_scores_every_candidate_and_says_who_is_left_out() -> None:
    blind = model("blind", capabilities=frozenset())
    route = Route(name="auto", router=FixedOrder(), models=None, signals=frozenset({"language"}))
    catalog = Catalog(
        models=(SMALL, LARGE, blind),
        routes=(route,),
        direct=FixedOrder(),
        make_up=lambda _, __: None,
    )
    asked = workload(needs=frozenset({"tools"}), unknown=frozenset({"language"}))
    considered = Considered(
        workload=asked, route=route, models=(SMALL, LARGE, blind), decision=DECISION
    )

    told = explanation(considered, catalog)

    small, large = told["candidates"]
    assert (small["quality"], small["cost_usd"], small["latency_s"]) == (0.6, 0.0001, 1.2)
    assert (small["bonus"], small["quality_source"]) == (0.05, "the configuration")
    assert (large["quality"], large["score"]) == (None, None)
    assert (large["quality_source"], large["in_words"]) == ("its price", "no score")
    assert told["excluded"] == {"blind": "lacks tools"}
    assert told["fired"] == list(DECISION.fired)
    assert (told["signals"], told["unknown"]) == ({"language": "unknown"}, ["language"])
