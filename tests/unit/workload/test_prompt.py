"""Of a request, each text is read out where it belongs."""

import pytest

from tests.unit.workload.asking import assistant, prompt, result, system, user
from wrp_proxy.workload.prompt import ends_of


def test_only_the_users_last_message_is_what_is_asked() -> None:
    read = prompt(system(), user("first"), assistant(), user("second"), assistant(), result())

    assert read.asked == "second"


def test_the_texts_of_parts_are_joined() -> None:
    parts = [{"type": "text", "text": "a"}, {"type": "image_url"}, {"type": "text", "text": "b"}]

    assert prompt(user(parts)).asked == "a\nb"


def test_of_a_long_message_the_middle_is_left_out() -> None:
    asked = prompt(user("a" * 3000 + "m" * 3000 + "z" * 3000)).asked

    assert asked == "a" * 1600 + "\n" + "z" * 800


@pytest.mark.parametrize("size", [0, 1, 2399, 2400])
def test_a_shorter_one_is_whole(size: int) -> None:
    assert prompt(user("a" * size)).asked == "a" * size


def test_all_instructions_are_the_system_prompt() -> None:
    read = prompt(system("one"), user("x"), {"role": "developer", "content": "two"})

    assert read.system == "one\ntwo"


def test_without_a_user_nothing_is_asked() -> None:
    assert prompt(system(), assistant()).asked == ""
    assert prompt().asked == ""


def test_both_ends_of_all_messages_are_kept() -> None:
    ends = prompt(system("s" * 20_000), user("u" * 20_000)).ends

    assert ends == "s" * 16_384 + "\n" + "u" * 16_384


def test_the_ends_of_a_short_text_do_not_overlap() -> None:
    assert ends_of("abcdef", 3, 3) == "abcdef"
    assert ends_of("abcdefg", 3, 3) == "abc\nefg"
