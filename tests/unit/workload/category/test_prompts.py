"""The example prompts are many, of all categories, in several languages, and each only once."""

from collections import Counter, defaultdict
from pathlib import Path

import pytest

from wrp_proxy.signals import CATEGORIES
from wrp_proxy.workload.category.prompts import ExamplePrompt, example_prompts
from wrp_proxy.workload.category.wrappings import wrapped

PROMPTS = list(example_prompts())


def test_there_are_hundreds_of_each_shipped_category() -> None:
    counts = Counter(prompt.category for prompt in PROMPTS)

    assert set(counts) == set(CATEGORIES)
    assert min(counts.values()) >= 200


@pytest.mark.parametrize("category", CATEGORIES)
def test_each_category_is_asked_for_in_several_languages(category: str) -> None:
    languages = Counter(p.language for p in PROMPTS if p.category == category)

    assert {"en", "de", "fr", "es"} <= set(languages)
    assert all(len(language) == 2 and language.isalpha() for language in languages)
    assert sum(languages.values()) - languages["en"] >= 50


def test_no_prompt_stands_in_two_categories() -> None:
    categories: dict[str, set[str]] = defaultdict(set)
    for prompt in PROMPTS:
        categories[prompt.text].add(prompt.category)

    assert [text for text, names in categories.items() if len(names) > 1] == []


def test_a_file_is_read_line_by_line(tmp_path: Path) -> None:
    (tmp_path / "law.txt").write_text("One?\n\n# de\nZwei?\\nDrei?\n#hashtag\n", "utf-8")

    assert list(example_prompts(tmp_path)) == [
        ExamplePrompt("One?", "law", "en"),
        ExamplePrompt("Zwei?\nDrei?", "law", "de"),
        ExamplePrompt("#hashtag", "law", "de"),
    ]


def test_each_prompt_is_wrapped_once_and_keeps_its_words() -> None:
    again = list(wrapped(PROMPTS))

    assert len(again) == len(PROMPTS)
    for prompt, other in zip(PROMPTS, again, strict=True):
        assert prompt.text in other.text
        assert prompt.text != other.text
        assert (prompt.category, prompt.language) == (other.category, other.language)


def test_wrapping_is_the_same_each_time() -> None:
    assert list(wrapped(PROMPTS[:50])) == list(wrapped(PROMPTS[:50]))
    assert list(wrapped(PROMPTS[:50], seed=2)) != list(wrapped(PROMPTS[:50]))


def test_no_instruction_speaks_of_its_prompts_category() -> None:
    prompts = [ExamplePrompt("{x}", "extraction", "en")] * 200

    assert not any("json" in one.text.lower() for one in wrapped(prompts))
    assert any(
        "json" in one.text.lower() for one in wrapped([ExamplePrompt("{x}", "law", "en")] * 200)
    )
