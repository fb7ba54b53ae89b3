"""Secrets and personal data are seen, and what only looks alike is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workload.asking import prompt, result, system, user
from wrp_proxy.workload.prompt import Prompt
from wrp_proxy.workload.risks import Risks, risks_in

LETTERS = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8s9T0"
TOKEN = f"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{LETTERS}"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (f"my key is sk-proj-{LETTERS}", "secret"),
        (f"sk-ant-api03-{LETTERS}.", "secret"),
        (f"OPENAI_API_KEY=sk-{LETTERS}\n", "secret"),
        (f"'sk_live_{LETTERS}'", "secret"),
        ("AKIAABCDEFGHIJKLMNOP", "secret"),
        (f"ghp_{LETTERS[:36]}", "secret"),
        (f"xoxb-{LETTERS}", "secret"),
        (f"AIza{LETTERS[:35]}", "secret"),
        (f"Authorization: Bearer {TOKEN}", "secret"),
        (f"hf_{LETTERS[:34]}", "secret"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMII", "secret"),
        ("-----BEGIN PRIVATE KEY-----\nMII", "secret"),
        ("-----BEGIN PGP PRIVATE KEY BLOCK-----", "secret"),
        (f"AccountKey={LETTERS}{LETTERS}==", "secret"),
        ("write to jo.doe+x@mail.example.co.uk, please", "email"),
        ("Call +44 20 7946 0011.", "phone"),
        ("+1 (415) 555-0132", "phone"),
        ("(415) 555-0132", "phone"),
        ("415-555-0132", "phone"),
        ("card 4111 1111 1111 1111, 12/29", "card"),
        ("4111-1111-1111-1111", "card"),
        ("5555555555554444", "card"),
        ("3782 822463 10005", "card"),
        ("DE89 3704 0044 0532 0130 00 at the bank", "iban"),
        ("GB82WEST12345698765432", "iban"),
        ("FR1420041010050500013M02606", "iban"),
        ("SSN: 078-05-1120", "national_id"),
        ("AB 12 34 56 C", "national_id"),
        ("DNI 12345678Z", "national_id"),
        ("529.982.247-25", "national_id"),
        ("11010519491231002X", "national_id"),
        ("RSSMRA85T10A562S", "national_id"),
    ],
)
def test_it_is_seen(text: str, kind: str) -> None:
    assert risks_in(text) == {kind}
    assert risks_in(f"Before, {text} and behind; and [{text}]") == {kind}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "The key of the house is under the mat; task-sk-1 and ask-me are none.",
        "sk-short",
        f"desk-{LETTERS}",
        "-----BEGIN CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----",
        "eyJhbGciOiJIUzI1NiJ9 is only the head",
        "@app.route('/x')\ndef f(): ...",
        "a @ b, a@b, user@localhost",
        "package@1.2.3",
        "4111 1111 1111 1112",
        "1700000000000 1700000000001",
        "order 12345678901234567890",
        "DE89 3704 0044 0532 0130 01",
        "ZZ89370400440532013000",
        "666-05-1120, 078-00-1120, 1078-05-1120",
        "12345678A",
        "529.982.247-26, 111.111.111-11",
        "110105194912310021",
        "version 1.2.3-4 of 2024-05-17 10:22:33.123456 at 192.168.100.200",
        "3 + 4 = 7, 1+2",
        "SHA256, AB12 and 0x7f3a1234567",
        "978-3-16-148410-0",
        "uuid 123e4567-e89b-12d3-a456-426614174000",
    ],
)
def test_what_only_looks_alike_is_not(text: str) -> None:
    assert risks_in(text) == frozenset()


def test_several_kinds_are_named_together() -> None:
    assert risks_in("jo@example.org, 4111 1111 1111 1111") == {"email", "card"}


def read(one: Prompt) -> frozenset[str]:
    return Risks().read(one, {})["risks"]


@pytest.mark.parametrize("messages", [[system("a@b.example")], [user(), result("a@b.example")]])
def test_all_messages_are_looked_at(messages: list[object]) -> None:
    assert read(prompt(*messages)) == {"email"}


def test_the_middle_of_a_long_text_is_not_looked_at() -> None:
    long = "a " * 10_000

    assert read(prompt(user(f"{long}x@y.example {long}"))) == frozenset()
    assert read(prompt(user(f"x@y.example {long}{long}"))) == {"email"}
    assert read(prompt(user(f"{long}{long} x@y.example"))) == {"email"}


PIECES = [
    "1234567890",
    "4111 ",
    "123-45-678 ",
    "a@a.",
    "@",
    "eyJa.",
    "sk-a ",
    "AA11 ",
    "+1 ",
    "x.-",
]


@pytest.mark.parametrize("piece", PIECES)
def test_what_comes_over_and_over_takes_no_time_without_end(piece: str) -> None:
    risks_in((piece * 32_768)[:32_768])


@given(st.text(max_size=400))
def test_any_text_may_come(text: str) -> None:
    assert risks_in(text) <= {"secret", "email", "phone", "card", "iban", "national_id"}


@given(st.text(alphabet="0123456789 -.()+@aAZX", max_size=200))
def test_texts_of_numbers_may_come(text: str) -> None:
    risks_in(text)
