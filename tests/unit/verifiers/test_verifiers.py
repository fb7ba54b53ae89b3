"""What each verifier accepts, refuses and leaves to others."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.verifiers.agreement import form_of, grouped
from wrp_proxy.verifiers.balance import is_balanced
from wrp_proxy.verifiers.base import Answer, Question, ToolCall
from wrp_proxy.verifiers.calibration import threshold_for
from wrp_proxy.verifiers.registry import VERIFIERS

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {"type": "function", "function": {"name": "weather", "parameters": CITY}}


def _asks(text: str = "Hi", **body: Any) -> Question:
    category = body.pop("category", "unknown")
    messages = [{"role": "user", "content": text}]
    return Question(body={"messages": messages, **body}, category=category)


def _passes(
    name: str,
    answer: Answer | str,
    question: Question | None = None,
    threshold: float | None = None,
) -> bool | None:
    said = Answer(text=answer) if isinstance(answer, str) else answer
    return VERIFIERS[name].verify(question or _asks(), said, threshold).passes


def _json(schema: object) -> Question:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    return _asks(response_format=wanted)


def _call(name: str, arguments: str, *, is_custom: bool = False) -> Answer:
    return Answer(calls=(ToolCall(name=name, arguments=arguments, is_custom=is_custom),))


@pytest.mark.parametrize(
    ("finish", "passes"),
    [
        ("stop", True),
        ("tool_calls", True),
        ("", True),
        ("length", False),
        ("content_filter", False),
    ],
)
def test_finish_reason(finish: str, passes: bool) -> None:
    assert _passes("finish_reason", Answer(text="x", finish=finish)) is passes


def test_an_answer_that_says_nothing_is_empty() -> None:
    assert _passes("non_empty", " \n") is False
    assert _passes("non_empty", "x") is True
    assert _passes("non_empty", _call("weather", "{}")) is True


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, but I can't help with that.",
        "I\u2019m sorry, but I can\u2019t assist with that request.",
        "As an AI language model, I cannot browse the internet.",
        "Es tut mir leid, aber dabei kann ich Ihnen nicht helfen.",
        "Je suis désolé, mais je ne peux pas vous aider.",
        "Lo siento, no puedo ayudar con eso.",
        "Mi dispiace, ma non posso aiutarti.",
        "Desculpe, não posso ajudar com isso.",
        "Het spijt me, maar ik kan je daar niet mee helpen.",
        "Извините, я не могу помочь с этим.",  # noqa: RUF001 - Russian
        "抱歉，我无法提供帮助。",  # noqa: RUF001 - Chinese
        "申し訳ありませんが、お手伝いできません。",
    ],
)
def test_refusals_are_recognised_in_many_languages(text: str) -> None:
    assert _passes("no_refusal", text) is False


@pytest.mark.parametrize(
    "text",
    [
        "Sorry to hear that! Try turning it off and on again.",
        "Unfortunately, the last train leaves at five.",
        "I can't believe it: 42 is right.",
        "Es tut mir leid, das zu hören. Hier ist ein Vorschlag.",
        "Ich kann das machen: zuerst die Zwiebeln schneiden.",
        "Désolé pour l'attente, voici la réponse.",
        "I'm sorry, but I can't help with that. " + "Here is what you may do instead. " * 30,
        "",
    ],
)
def test_regret_is_no_refusal(text: str) -> None:
    assert _passes("no_refusal", text) is True


def test_a_refusal_by_the_means_of_the_api_is_one() -> None:
    assert _passes("no_refusal", Answer(refusal="No.")) is False
    assert _passes("no_refusal", _call("weather", "{}")) is None


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ('{"city": "Oslo"}', True),
        ('{"city": 1}', False),
        ('{"town": "Oslo"}', False),
        ('```json\n{"city": "Oslo"}\n```', False),
        ("Oslo", False),
        ("", False),
    ],
)
def test_json_is_measured_by_the_schema_asked_for(text: str, passes: bool) -> None:
    assert _passes("json_schema", text, _json(CITY)) is passes


def test_json_objects_need_no_schema() -> None:
    question = _asks(response_format={"type": "json_object"})

    assert _passes("json_schema", "{}", question) is True
    assert _passes("json_schema", "[]", question) is False
    assert _passes("json_schema", "no JSON asked for") is None


_DOUBLING = {
    "$defs": {
        **{
            f"a{n}": {"allOf": [{"$ref": f"#/$defs/a{n + 1}"}, {"$ref": f"#/$defs/a{n + 1}"}]}
            for n in range(40)
        },
        "a40": {"type": "object"},
    },
    "$ref": "#/$defs/a0",
}


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://127.0.0.1:9/elsewhere"},
        {"$ref": "#/$defs/missing"},
        {"type": "frog"},
        {"pattern": "(?<!x)a"},
        _DOUBLING,
    ],
    ids=["remote", "dangling", "no type", "no linear pattern", "doubling"],
)
def test_schemas_that_cannot_be_trusted_say_nothing(schema: dict[str, Any]) -> None:
    assert _passes("json_schema", "{}", _json(schema)) is None


def test_recursive_schemas_are_followed_as_deep_as_is_sensible() -> None:
    node = {"type": "object", "additionalProperties": {"$ref": "#/$defs/n"}}
    left = {"allOf": [{"$ref": "#/$defs/m"}, {"$ref": "#/$defs/m"}]}
    question = _json({"$defs": {"n": node}, "$ref": "#/$defs/n"})
    doubling = _json({"$defs": {"m": {"additionalProperties": left}}, "$ref": "#/$defs/m"})
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"a": deep}

    assert _passes("json_schema", '{"a": {"b": {}}}', question) is True
    assert _passes("json_schema", '{"a": {"b": 1}}', question) is False
    assert _passes("json_schema", json.dumps(deep), doubling) is None


@pytest.mark.parametrize(
    ("name", "arguments", "passes"),
    [
        ("weather", '{"city": "Oslo"}', True),
        ("weather", '{"city": 7}', False),
        ("weather", "", False),
        ("weather", "[]", False),
        ("weather", '{"city": "Os', False),
        ("forecast", "{}", False),
    ],
)
def test_tool_calls_are_measured_by_the_tools_schema(
    name: str, arguments: str, passes: bool
) -> None:
    assert _passes("tools", _call(name, arguments), _asks(tools=[WEATHER])) is passes


def test_a_tool_that_must_be_called_is() -> None:
    required = _asks(tools=[WEATHER], tool_choice="required")
    other = {"type": "function", "function": {"name": "other"}}
    named = _asks(tools=[WEATHER, other], tool_choice=other)

    assert _passes("tools", "It rains.", required) is False
    assert _passes("tools", "It rains.", _asks(tools=[WEATHER])) is None
    assert _passes("tools", _call("weather", '{"city": "Oslo"}'), named) is False
    assert _passes("tools", _call("other", "{}"), named) is True


def test_custom_tools_take_any_text() -> None:
    question = _asks(tools=[{"type": "custom", "custom": {"name": "shell"}}])

    assert _passes("tools", _call("shell", "ls -l", is_custom=True), question) is True


def test_tools_go_by_the_names_that_the_caller_gave_them() -> None:
    inner = {"type": "function", "name": "weather", "parameters": CITY}
    space = {"type": "namespace", "name": "sky", "tools": [inner]}
    listed = [{"type": "additional_tools", "tools": [space]}]
    chat = {"type": "function", "function": {"name": "sky__weather", "parameters": CITY}}
    questions = [
        Question(body={"tools": [chat]}, own={"tools": [space]}),
        Question(body={"tools": [chat]}, own={"input": listed}),
        Question(body={}, own={"tools": [{"name": "weather", "input_schema": CITY}]}),
    ]

    for question in questions:
        assert _passes("tools", _call("weather", '{"city": "Oslo"}'), question) is True
        assert _passes("tools", _call("weather", "{}"), question) is False
        assert _passes("tools", _call("forecast", "{}"), question) is False


def test_sound_without_a_text_is_an_answer() -> None:
    assert _passes("non_empty", Answer(has_more=True)) is True


@pytest.mark.parametrize(
    ("text", "passes"),
    [
        ("```python\ndef f(x):\n    return x\n```", True),
        ("```python\ndef f(x:\n    return x\n```", False),
        ("```python\nprint('\\d')\n```\n```json\n{\"a\": 1,}\n```", False),
        ("```js\nconst f = (x) => { return `(${x}`; } // :)\n```", True),
        ("```rust\nfn f<'a>(x: &'a str) -> String { x.to_string()\n```", False),
        ("```rust\nfn f<'a>(x: &'a str) -> char { '(' }\n```", True),
        ("```js\nx.replace(/\\(/g, '{') /* ( */\n```", True),
        ("```ts\nconst x = 'it\\'s (';\n```", True),
        ("```bash\ncase $1 in a) ls;; esac\n```", None),
        ("```python\n>>> 1 +\n```", None),
        ("def f(x): return x", True),
        ("def f(x) return x", False),
        ("You use a loop for that.", None),
        ("```python\nx = " + "(" * 5000 + "\n```", False),
    ],
)
def test_code_that_was_asked_for_parses(text: str, passes: bool | None) -> None:
    question = _asks("Write a function in Python that returns its argument.")

    assert _passes("code", text, question) is passes


@pytest.mark.parametrize("piece", ["/*", "\\`", '\\"', "'", '"', "`(", "[", "\\"])
def test_brackets_are_counted_in_linear_time(piece: str) -> None:
    is_balanced(piece * 40_000, has_quoted_texts=True)


def test_code_is_not_looked_for_where_nobody_asked_for_it() -> None:
    broken = "```python\ndef f(\n```"

    assert _passes("code", broken, _asks("Who was Ada Lovelace?")) is None
    assert _passes("code", broken, _asks("Who was she?", category="coding")) is False


def test_the_mean_logprob_is_measured_by_the_threshold() -> None:
    sure, unsure = Answer(logprobs=(-0.1, -0.2)), Answer(logprobs=(-0.1, -3.0))

    assert _passes("logprob", sure) is True
    assert _passes("logprob", unsure) is False
    assert _passes("logprob", unsure, threshold=-2.0) is True
    assert _passes("logprob", "no logprobs") is None


def test_agreement_is_measured_by_the_share_of_others() -> None:
    others = (Answer(text="42"), Answer(text="41"))
    question = Question(body={}, others=others)

    assert _passes("agreement", "the answer is 42.0", question) is True
    assert _passes("agreement", "42", question, threshold=0.9) is False
    assert _passes("agreement", "7", question) is False
    assert _passes("agreement", "7") is None


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("42", "The answer is: **42**."),
        ("1,000", "1000.0"),
        ("B", "(B)"),
        ("b) because it is blue", "The answer is B."),
        ('{"a": 1, "b": [2]}', '{"b":[2],"a":1}'),
        ("Yes.", " yes"),
        (r"So \boxed{7}", "#### 7"),
        ("1E+2", "100"),
    ],
)
def test_what_says_the_same_agrees(one: str, other: str) -> None:
    assert form_of(Answer(text=one)) == form_of(Answer(text=other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("42", "43"), ("-1", "1"), ("yes", "no"), ('{"a": 1}', '{"a": 2}'), ("Oslo", "Bergen")],
)
def test_what_says_something_else_does_not_agree(one: str, other: str) -> None:
    assert form_of(Answer(text=one)) != form_of(Answer(text=other))


def test_unread_answers_agree_with_none() -> None:
    yes = [Answer(text="yes")]

    assert sorted(grouped([[], yes, [], yes])) == [[0], [1, 3], [2]]


def test_a_threshold_keeps_the_precision_asked_for() -> None:
    labelled = [(0.9, True), (0.8, True), (0.7, False), (0.6, True), (0.5, False), (0.4, False)]

    assert threshold_for(labelled, 1.0) == 0.8
    assert threshold_for(labelled, 0.75) == 0.6
    assert threshold_for(labelled, 0.0) == 0.4
    assert threshold_for([(0.9, False)], 0.5) is None
    assert threshold_for([], 0.5) is None


def test_answers_of_one_score_pass_together_or_not_at_all() -> None:
    assert threshold_for([(0.5, True), (0.5, False)], 0.9) is None


@given(
    labelled=st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=30),
    precision=st.floats(0.01, 1),
)
def test_what_passes_a_threshold_is_as_precise_as_promised(
    labelled: list[tuple[float, bool]], precision: float
) -> None:
    threshold = threshold_for(labelled, precision)

    if threshold is not None:
        passing = [is_good for score, is_good in labelled if score >= threshold]
        assert sum(passing) >= precision * len(passing)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=10,
)
words = st.sampled_from(
    ["```python\n", "```\n", "```js\n", "def f(", ")", "{", '"', "'", "\\", "answer is ", "#### "]
)
texts = st.lists(words | st.text(max_size=6), max_size=8).map("".join)
answers_of_any_kind = st.builds(
    Answer,
    text=texts,
    calls=st.lists(st.builds(ToolCall, name=st.sampled_from(["weather", ""]), arguments=texts)),
    finish=st.text(max_size=4),
    logprobs=st.lists(st.floats(), max_size=3),
)
questions = st.builds(
    lambda text, schema, tools, choice, others: Question(
        body={
            "messages": [{"role": "user", "content": text}],
            "response_format": {"type": "json_schema", "json_schema": {"schema": schema}},
            "tools": tools,
            "tool_choice": choice,
        },
        category="coding",
        others=others,
    ),
    texts | json_values,
    json_values | st.dictionaries(st.sampled_from(["type", "$ref", "items", "allOf"]), json_values),
    st.lists(st.just(WEATHER) | json_values, max_size=3),
    json_values,
    st.lists(answers_of_any_kind, max_size=2),
)


@given(question=questions, answer=answers_of_any_kind, threshold=st.none() | st.floats(0, 1))
def test_no_verifier_raises_whatever_is_asked_and_answered(
    question: Question, answer: Answer, threshold: float | None
) -> None:
    for verifier in VERIFIERS.values():
        assert verifier.verify(question, answer, threshold).passes in {True, False, None}
