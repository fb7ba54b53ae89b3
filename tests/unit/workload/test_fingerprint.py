"""A system prompt has a fingerprint that outlives the process."""

from tests.unit.workload.asking import prompt, system, user
from wrp_proxy.workload.fingerprint import Fingerprint


def fingerprint(*messages: object, tenant: str = "alice") -> str | None:
    return Fingerprint().read(prompt(*messages, tenant=tenant), {})["fingerprint"]


def test_it_is_the_same_for_all_who_use_the_same_program() -> None:
    own = fingerprint(system(), user("one"))

    assert own == "34b10a84cb0a2ac3"
    assert fingerprint(system(), user("two"), tenant="bob") == own


def test_another_system_prompt_has_another_one() -> None:
    long = "a" * 50_000
    texts = ["x", "y", long, long + "a", long + "b", "b" + long]

    assert len({fingerprint(system(text)) for text in texts}) == len(texts)


def test_without_a_system_prompt_there_is_none() -> None:
    assert fingerprint(user()) is None
