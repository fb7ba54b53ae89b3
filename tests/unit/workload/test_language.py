"""Languages are told apart by script, common words and letters; or they stay unknown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workload.asking import prompt, system, user
from wrp_proxy.workload.language import Language

LANGUAGE = Language()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("How do I write a loop in Python?", "en"),
        ("Fix this bug please", "en"),
        ("hello", "en"),
        ("Wie spät ist es?", "de"),
        ("Schreibe mir bitte eine E-Mail an meinen Chef", "de"),
        ("Quelle est la capitale de la France ?", "fr"),
        ("Écris un poème sur la mer", "fr"),
        ("¿Cuál es la capital de Francia?", "es"),
        ("Escribe un poema sobre el mar", "es"),
        ("Qual è la capitale della Francia?", "it"),
        ("Qual é a capital da França?", "pt"),
        ("Wat is de hoofdstad van Frankrijk?", "nl"),
        ("Jaka jest stolica Francji?", "pl"),
        ("Какая столица Франции?", "ru"),
        ("Яка столиця Франції?", "uk"),
        ("法国的首都是哪里？", "zh"),  # noqa: RUF001 - Chinese
        ("フランスの首都はどこですか", "ja"),
        ("東京の人口は", "ja"),
        ("프랑스의 수도는 어디입니까?", "ko"),
        ("ما هي عاصمة فرنسا؟", "ar"),
        ("پایتخت فرانسه کجاست؟", "fa"),
        ("فرانس کا دارالحکومت کیا ہے؟ یہ بڑا شہر ہے", "ur"),
        ("फ्रांस की राजधानी क्या है?", "hi"),
        ("Fransa'nın başkenti neresidir?", "tr"),  # noqa: RUF001 - Turkish
        ("Vad är huvudstaden i Frankrike?", "sv"),
        ("Hvad er hovedstaden i Frankrig?", "da"),
        ("Hva er hovedstaden i Frankrike?", "no"),
        ("Mikä on Ranskan pääkaupunki?", "fi"),
        ("Jaké je hlavní město Francie?", "cs"),
        ("Care este capitala Franței?", "ro"),
        ("Mi Franciaország fővárosa?", "hu"),
        ("Apa yang bisa kamu jelaskan?", "id"),
        ("Thủ đô của Pháp là gì?", "vi"),
        ("Ποια είναι η πρωτεύουσα της Γαλλίας;", "el"),
        ("מהי בירת צרפת?", "he"),
        ("เมืองหลวงของฝรั่งเศสคืออะไร", "th"),
    ],
)
def test_a_short_question_is_enough(text: str, language: str) -> None:
    assert LANGUAGE.tell(text) == language


@pytest.mark.parametrize(
    "text", ["", "12 + 30", "x = f(y)", "xkcd qwrt zzz", '{"a": [1, 2]}', "🙂🙂🙂", "Paris", "la"]
)
def test_what_is_not_plain_is_unknown(text: str) -> None:
    assert LANGUAGE.tell(text) == "unknown"


def test_code_in_a_fence_does_not_count() -> None:
    code = "```\nfor the item in this list: if not the end: return from it\n```"

    assert LANGUAGE.tell(f"Was macht das hier, bitte?\n{code}") == "de"


def test_a_quotation_does_not_count() -> None:
    asked = 'Traduis ceci, merci beaucoup : "The library will be closed for the whole week."'

    assert LANGUAGE.tell(asked) == "fr"


def test_a_quotation_alone_does() -> None:
    assert LANGUAGE.tell('"The library will be closed for the whole week."') == "en"


def test_foreign_words_in_a_sentence_do_not_count() -> None:
    assert LANGUAGE.tell("What does 你好 mean?") == "en"
    assert LANGUAGE.tell("Pythonでlistを逆順にする方法を教えて") == "ja"


def test_only_the_users_last_turn_is_looked_at() -> None:
    read = prompt(
        system("You are a pilot, and this is the bridge."), user("Wie hoch ist die Flut?")
    )

    assert LANGUAGE.read(read, {}) == {"language": "de"}


@given(st.text(max_size=900))
def test_any_text_has_two_letters_or_is_unknown(text: str) -> None:
    found = LANGUAGE.tell(text)

    assert len(found) == 2 or found == "unknown"
