"""When conditions hold, and how that is told."""

import pytest

from tests.unit.nouns import workload
from tests.unit.routers.rules.written import Written, read
from wrp_proxy.routers.rules.conditions import holds, signals_of, what_held
from wrp_proxy.types import Workload

SURE = workload(category="coding", probabilities={"coding": 0.91, "law": 0.09})


@pytest.mark.parametrize(
    ("written", "holding", "not_holding"),
    [
        ({"category": "coding"}, SURE, workload(category="law")),
        ({"category": ["law", "coding"]}, SURE, workload()),
        ({"category": "unknown"}, workload(), SURE),
        (
            {"category": "coding", "min_probability": 0.9},
            SURE,
            workload(category="coding", probabilities={"coding": 0.89}),
        ),
        ({"category": "coding", "min_probability": 0.91}, SURE, workload(category="coding")),
        ({"kind": "agent"}, workload(kind="agent"), workload(kind="chat")),
        ({"language": ["de", "fr"]}, workload(language="fr"), workload(language="en")),
        ({"language": False}, workload(language="no"), workload(language="en")),
        ({"risks": ["email", "iban"]}, workload(risks=frozenset({"iban", "x"})), workload()),
        ({"needs": "vision"}, workload(needs=frozenset({"vision"})), workload()),
        ({"complexity": {"above": 0.5}}, workload(complexity=0.51), workload(complexity=0.5)),
        ({"complexity": {"below": 0.5}}, workload(complexity=0.49), workload(complexity=0.5)),
        ({"complexity": {"below": 0.5}}, workload(complexity=0.0), workload(complexity=None)),
        (
            {"input_tokens": {"above": 10, "below": 12}},
            workload(input_tokens=11),
            workload(input_tokens=12),
        ),
        ({"turn": {"above": 2}}, workload(turn=3), workload(turn=2)),
        ({"failed_tools": {"above": 0}}, workload(failed_tools=1), workload(failed_tools=0)),
        ({"warmth": {"above": 0.2}}, workload(warmth=0.3), workload(warmth=None)),
        ({"fingerprint": ["f00"]}, workload(fingerprint="f00"), workload()),
        ({"session": True}, workload(session="s"), workload()),
        ({"session": False}, workload(), workload(session="s")),
        ({"tenant": ["alice", "bob"]}, workload(tenant="bob"), workload(tenant="carol")),
        ({"api": "messages"}, workload(api="messages"), workload()),
        ({"kind": "chat", "turn": {"above": 1}}, workload(turn=2), workload(turn=2, kind="agent")),
        (
            {"all": [{"kind": "chat"}, {"turn": {"above": 1}}]},
            workload(turn=2),
            workload(),
        ),
        (
            {"any": [{"kind": "agent"}, {"turn": {"above": 1}}]},
            workload(turn=2),
            workload(),
        ),
        ({"not": {"kind": "agent"}}, workload(), workload(kind="agent")),
        ({"not": {"complexity": {"above": 0.5}}}, workload(), workload(complexity=0.6)),
    ],
)
def test_a_condition_holds_where_it_should(
    written: Written, holding: Workload, not_holding: Workload
) -> None:
    condition = read(written)

    assert holds(condition, holding)
    assert not holds(condition, not_holding)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ({"category": ["law", "coding"]}, ["category coding (0.91)"]),
        ({"complexity": {"above": 0.8}}, ["complexity above 0.8 (0.83)"]),
        ({"input_tokens": {"above": 10, "below": 2_000_000}}, None),
        ({"kind": "chat", "needs": "tools"}, ["kind chat", "needs tools"]),
        ({"any": [{"kind": "agent"}, {"needs": ["tools", "vision"]}]}, ["needs tools"]),
        (
            {"not": {"any": [{"kind": "agent"}, {"session": True}]}},
            ["not (kind agent or in a session)"],
        ),
        (
            {"not": {"kind": "agent", "any": [{"language": "de"}, {"turn": {"above": 3}}]}},
            ["not (kind agent and (language de or turn above 3))"],
        ),
    ],
)
def test_what_held_is_told_in_words(written: Written, words: list[str] | None) -> None:
    asked = workload(
        category="coding",
        probabilities={"coding": 0.91},
        complexity=0.83,
        input_tokens=1_234_567,
        needs=frozenset({"tools"}),
    )

    told = list(what_held(read(written), asked))

    assert told == (words or ["input_tokens above 10 below 2000000 (1234567)"])


@pytest.mark.parametrize(
    ("written", "signals"),
    [
        ({"category": "coding", "min_probability": 0.5}, {"category"}),
        ({"not": {"complexity": {"above": 0.5}}}, {"complexity"}),
        ({"any": [{"turn": {"above": 1}}, {"failed_tools": {"above": 0}}]}, {"conversation"}),
        ({"session": True, "risks": "email"}, {"conversation", "risks"}),
        (
            {"language": "de", "warmth": {"above": 0.5}, "fingerprint": "f"},
            {"language", "warmth", "fingerprint"},
        ),
        (
            {"kind": "chat", "needs": "tools", "tenant": "a", "api": "chat"},
            set(),
        ),
        ({"input_tokens": {"above": 1}}, set()),
    ],
)
def test_only_what_conditions_look_at_is_asked_for(written: Written, signals: set[str]) -> None:
    assert signals_of(read(written)) == signals
