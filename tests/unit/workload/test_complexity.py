"""Long, precise and probing questions look more demanding than short ones."""

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.workload.asking import prompt, system, user
from wrp_proxy.workload.complexity import Complexity

COMPLEXITY = Complexity()
DEMANDING = """Implement an LRU cache. It must be O(1), without libraries, with at most 100 entries.
- include tests
- explain the design, and compare it with functools.lru_cache
```python
class Cache: ...
```
Why is it correct? What is its complexity?"""


def test_nothing_is_0() -> None:
    assert COMPLEXITY.of("") == 0


def test_questions_are_in_their_order() -> None:
    found = [
        COMPLEXITY.of("hi"),
        COMPLEXITY.of("Why is the sky blue?"),
        COMPLEXITY.of("Prove that sqrt(2) is irrational, step by step. Why does it matter?"),
        COMPLEXITY.of(DEMANDING),
    ]

    assert found == sorted(set(found))
    assert found[0] < 0.1
    assert found[-1] > 0.7


def test_each_mark_counts_by_itself() -> None:
    plain = "tell me of the sea and of the ships that sail it in a storm at night"

    for mark in (" 1 2 3 4", " {a;} -> b()", " exactly, only", " why? how?", plain * 9):
        assert COMPLEXITY.of(plain + mark) > COMPLEXITY.of(plain)


def test_unspaced_languages_have_marks_too() -> None:
    assert COMPLEXITY.of("为什么天空是蓝的? 请证明") > COMPLEXITY.of("你好朋友天空是蓝的, 你好啊")
    assert COMPLEXITY.of("하늘은 왜 파란가요") > COMPLEXITY.of("하늘은 참 파랗네요")


def test_only_the_users_last_turn_is_looked_at() -> None:
    read = prompt(system(DEMANDING), user(DEMANDING), user("hi"))

    assert COMPLEXITY.read(read, {})["complexity"] == COMPLEXITY.of("hi")


@given(st.text(max_size=500), st.text(max_size=500))
def test_it_is_from_0_to_1(text: str, more: str) -> None:
    assert 0 <= COMPLEXITY.of(text) <= 1
    assert 0 <= COMPLEXITY.of(text + "\n- 7" + more) <= 1
