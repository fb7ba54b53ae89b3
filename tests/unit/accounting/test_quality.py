"""The table of public scores: whole, sourced, in range, and found by whatever name."""

import re
from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.accounting.family_names import canonical
from wrp_proxy.accounting.quality import QualityTable, value_of
from wrp_proxy.shipped import price_list_path, quality_table_path
from wrp_proxy.signals import CATEGORIES

FILE = yaml.safe_load(quality_table_path().read_text(encoding="utf-8"))
TABLE = QualityTable.load(quality_table_path())
SMALL = QualityTable(
    {
        "date": "2026-01-02",
        "sources": {"card": {"title": "a card"}, "board": {"title": "a board"}},
        "benchmarks": {
            "sums": {"floor": 0, "ceiling": 100, "categories": ["mathematics"]},
            "exam": {"floor": 20, "ceiling": 80, "categories": ["law", "history"]},
        },
        "families": {
            "pi-2-7b": {"scores": {"card": {"sums": 40, "exam": 80}, "board": {"sums": 60}}},
            "pi-2-7b-long": {"names": ["pi-long"], "scores": {"card": {"exam": 0}}},
        },
    }
)


def family_of(name: str, vendor: str = "lab") -> str | None:
    found = TABLE.find(vendor, name)
    return found.family if found else None


def test_a_category_is_the_mean_of_its_benchmarks_and_the_default_that_of_all() -> None:
    found = SMALL.find("lab", "pi-2-7b")

    assert found is not None
    assert found.quality["mathematics"] == pytest.approx(0.3 + 0.65 * 0.5)
    assert found.quality["law"] == found.quality["history"] == 0.95
    assert found.quality["default"] == pytest.approx((0.625 + 0.95 + 0.95) / 3)
    assert found.source == "public table of 2026-01-02, pi-2-7b: a card, a board"


def test_the_longest_family_goes_first() -> None:
    names = ("pi-2-7b-2026-01-01", "pi-2-7b-long-2026-01-01", "pi-long")

    found = [SMALL.find("lab", name) for name in names]

    assert [one and one.family for one in found] == ["pi-2-7b", "pi-2-7b-long", "pi-2-7b-long"]


def test_the_vendor_may_be_the_beginning_of_the_name() -> None:
    assert (found := SMALL.find("pi", "2-7b")) is not None
    assert found.family == "pi-2-7b"


def test_an_empty_table_knows_nobody() -> None:
    assert QualityTable.empty().find("openai", "gpt-4o") is None


@given(st.floats(-50, 150), st.floats(-50, 40), st.floats(60, 150))
def test_every_score_has_a_value_on_the_scale(score: float, floor: float, ceiling: float) -> None:
    value = value_of(score, floor=floor, ceiling=ceiling)

    assert 0.3 <= value <= 0.95
    assert value_of(score + 1, floor=floor, ceiling=ceiling) >= value


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("gpt-4o-2024-08-06", "gpt-4o"),
        ("gpt-4-turbo-2024-04-09", "gpt-4-turbo"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku"),
        ("us.anthropic.claude-3-5-sonnet-20241022-v2:0", "claude-3-5-sonnet"),
        ("meta-llama/Meta-Llama-3.1-8B-Instruct-Turbo", "llama-3.1-8b"),
        ("llama3.1:8b-instruct-q4_K_M", "llama-3.1-8b"),
        ("qwen2.5:7b", "qwen2.5-7b"),
        ("Qwen/Qwen3-235B-A22B-Instruct-2507", "qwen3-235b-a22b-instruct-2507"),
        ("google/gemma-3-27b-it-qat-q4_0-gguf", "gemma-3-27b"),
        ("SmolLM2-135M-Instruct-Q8_0.gguf", "smollm2-135m"),
        ("accounts/fireworks/models/glm-4p7", "glm-4.7"),
        ("moonshotai/Kimi-K2.5-fp4", "kimi-k2.5"),
        ("gemini-2.5-flash-preview-09-2025", "gemini-2.5-flash"),
        ("deepseek-v3-0324", "deepseek-v3-0324"),
        ("amazon.nova-lite-v1:0", "nova-lite"),
        ("GPT_4.1 mini", "gpt-4.1-mini"),
    ],
)
def test_dates_tags_vendors_and_spellings_do_not_hide_a_family(name: str, family: str) -> None:
    assert family_of(name) == family


@pytest.mark.parametrize(
    "name",
    [
        "llama3.1",
        "qwen2.5",
        "qwen3",
        "deepseek-r1:7b",
        "gpt-5.4-pro",
        "gpt-5-chat-latest",
        "mistral-large-latest",
        "grok-4.20-0309",
        "o3-pro",
        "",
        "-",
        "latest",
        "mock-small",
    ],
)
def test_another_or_unknown_size_is_no_match(name: str) -> None:
    assert family_of(name) is None


@given(st.text(max_size=60))
def test_any_name_may_be_looked_up(name: str) -> None:
    family_of(name)


def test_the_shipped_table_is_dated_and_says_where_each_score_is_from() -> None:
    assert isinstance(FILE["date"], date)
    assert len(FILE["families"]) >= 40
    for name, row in FILE["families"].items():
        assert row["scores"], name
        assert row["scores"].keys() <= FILE["sources"].keys(), name
    for name, source in FILE["sources"].items():
        assert source["title"], name
        assert re.match(r"https://[\w./-]+$", source["address"]), name


def test_every_source_and_benchmark_of_the_shipped_table_is_used() -> None:
    rows = [row["scores"] for row in FILE["families"].values()]

    assert {source for row in rows for source in row} == FILE["sources"].keys()
    used = {benchmark for row in rows for scores in row.values() for benchmark in scores}
    assert used == FILE["benchmarks"].keys()


def test_scores_are_percentages_and_benchmarks_speak_of_known_categories() -> None:
    for row in FILE["families"].values():
        for scores in row["scores"].values():
            assert all(0 <= score <= 100 for score in scores.values())
    for name, benchmark in FILE["benchmarks"].items():
        assert benchmark["floor"] < benchmark["ceiling"], name
        assert set(benchmark["categories"]) <= set(CATEGORIES), name


def test_no_family_of_the_shipped_table_is_listed_twice() -> None:
    text = quality_table_path().read_text(encoding="utf-8")
    listed = re.findall(r"^  (\S+):$", text.partition("\nfamilies:\n")[2], re.MULTILINE)
    names = [*listed, *(n for row in FILE["families"].values() for n in row.get("names", ()))]

    spelled = [canonical(name) for name in names]
    assert sorted(spelled) == sorted(set(spelled))


def test_every_family_has_values_in_range_and_three_categories_at_least() -> None:
    for family in TABLE.families:
        found = TABLE.find("lab", family)

        assert found is not None
        assert found.family == family
        assert len(found.quality) >= 4, family
        assert found.quality.keys() <= {*CATEGORIES, "default"}
        assert all(0.3 <= value <= 0.95 for value in found.quality.values()), family


def test_each_regular_name_of_the_price_list_finds_its_family() -> None:
    priced = yaml.safe_load(price_list_path().read_text(encoding="utf-8"))["models"]
    plain = {_plain(family): family for family in FILE["families"]}
    named = {name: plain[key] for name in priced if (key := _plain(_undated(name))) in plain}

    found = {name: family_of(name.rpartition("/")[2]) for name in named}

    assert len(named) > 60
    assert found == named


def _undated(name: str) -> str:
    """Strip what the price list adds to a family: the seller, and a date."""
    return re.sub(r"-(\d{4}-\d\d-\d\d|20\d{6})$", "", name.rpartition("/")[2])


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", re.sub(r"(?<=\d)p(?=\d)", "", name.lower()))
