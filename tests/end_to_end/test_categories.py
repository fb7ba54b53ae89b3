"""The running proxy tells what kind of task it is, and rules and cache policies obey."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import httpx
import pytest

from tests.cache.asking import PATIENT_MS, question, semantic_proxy, tier
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, ask, eventually, pools_config, running_proxy
from tests.unit.workload.category.sentences import BOATS, BOATS_UNSEEN

DEBUG = {"x-wrp-debug": "1"}
PLAIN = {
    "What is the derivative of x^2 * sin(x)?": "mathematics",
    "Write a Python function that reverses a linked list.": "coding",
    "Summarise the following article in two sentences: The sea was calm all day.": "summarising",
    "Translate into French: The cat sleeps on the sofa.": "translation",
    "Schreibe eine Python-Funktion, die alle Primzahlen bis n zurückgibt.": "coding",
    "Traduis en anglais : « Le chat dort sur le canapé. »": "translation",
    "Escribe una función en Python que ordene una lista.": "coding",
    "Écris une fonction Python qui trie une liste de nombres.": "coding",
    "Resuelve la ecuación 3x + 5 = 20.": "mathematics",
    "次の文を英語に翻訳してください:猫がソファで寝ています。": "translation",
}
"""As plain as can be: a model trained anew is to tell them, too."""
CODING = "Write a Python function that reverses a linked list."


def tools(count: int) -> list[dict[str, Any]]:
    parameters = {"type": "object", "properties": {"law": {"type": "string"}}}
    about = "Looks up medical prescriptions, laws and exchange rates. " * 8
    return [
        {
            "type": "function",
            "function": {"name": f"tool_{n}", "description": about, "parameters": parameters},
        }
        for n in range(count)
    ]


@pytest.fixture(scope="module")
def telling(
    shared_upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """Two models; a rule and a cache policy name a category of the operator's own."""
    names = ["weak", "strong"]
    rules = [
        {"name": "hire", "when": {"category": "boats"}, "models": ["strong"]},
        {"name": "code", "when": {"category": "coding"}, "models": ["strong", "weak"]},
    ]
    cache = {"preset": "exact-only", "categories": {"boats": "off"}}
    route = {
        "models": names,
        "strategy": {"name": "rules", "rules": rules, "otherwise": "fixed_order"},
        "cache": cache,
    }
    config = pools_config(
        {name: [shared_upstream.url] for name in names},
        routes={"auto": route},
        workload={"categories": {"boats": BOATS}},
    )
    with running_proxy(config, tmp_path_factory.mktemp("telling")) as proxy:
        eventually(lambda: category_of(asked(proxy, BOATS[0])) == "boats", within_s=60)
        yield proxy


def asked(proxy: Proxy, text: str, system: str | None = None, **fields: Any) -> httpx.Response:
    """Ask for an answer that is not kept, with all that the proxy tells who debugs."""
    messages = [{"role": "user", "content": text}]
    if system is not None:
        messages.insert(0, {"role": "system", "content": system})
    headers = {**DEBUG, "cache-control": "no-cache, no-store"}
    reply = ask(proxy, headers=headers, messages=messages, **fields)
    assert reply.status_code == 200, reply.text
    return reply


def category_of(reply: httpx.Response) -> str:
    return str(reply.headers["x-wrp-category"])


@pytest.mark.parametrize(("text", "category"), PLAIN.items())
def test_plain_questions_have_their_category(telling: Proxy, text: str, category: str) -> None:
    assert category_of(asked(telling, text)) == category


@pytest.mark.parametrize(("text", "category"), list(PLAIN.items())[:4])
def test_tools_and_a_long_system_prompt_do_not_change_it(
    telling: Proxy, text: str, category: str
) -> None:
    system = ("You are a nurse who knows the law and the history of medicine. " * 320)[:20_000]

    assert category_of(asked(telling, text, system, tools=tools(32))) == category


def test_neither_does_a_body_that_is_read_in_a_thread(telling: Proxy) -> None:
    system = "You are a nurse who knows the law and the history of medicine. " * 6000

    assert category_of(asked(telling, CODING, system)) == "coding"


@pytest.mark.parametrize("text", BOATS_UNSEEN)
def test_a_category_of_the_operators_own_is_named_and_its_rule_obeyed(
    telling: Proxy, text: str
) -> None:
    reply = asked(telling, text)

    assert category_of(reply) == "boats"
    assert reply.headers["x-wrp-model"] == "strong"


def test_other_categories_take_other_models(telling: Proxy) -> None:
    reply = asked(telling, "Translate into French: The cat sleeps on the sofa.")

    assert reply.headers["x-wrp-model"] == "weak"


def statuses(proxy: Proxy, text: str) -> Sequence[str]:
    """Ask the same thing twice, of a cache that may answer."""
    messages = [{"role": "user", "content": text}]
    replies = [ask(proxy, messages=messages, temperature=0) for _ in range(2)]
    return [tier(reply) for reply in replies]


def test_the_cache_policy_of_an_operators_category_is_obeyed(telling: Proxy) -> None:
    assert statuses(telling, BOATS_UNSEEN[0]) == ["bypass", "bypass"]
    assert statuses(telling, "Translate into French: The dog barks.") == ["miss", "exact"]


@pytest.mark.parametrize(
    "content", ["", "   ", "🙂🙂", "\x00", "数学", "{" * 5000, "e" + "\u0301" * 3000, [], None]
)
def test_whatever_is_asked_is_answered(telling: Proxy, content: Any) -> None:
    messages = [{"role": "user", "content": content}]

    reply = ask(telling, headers=DEBUG, messages=messages)

    assert reply.status_code == 200, reply.text
    assert category_of(reply)


def test_half_a_sign_is_answered_like_a_whole_one(telling: Proxy) -> None:
    body = rb'{"model": "auto", "messages": [{"role": "user", "content": "Sort \ud83d this."}]}'
    headers = {**DEBUG, "content-type": "application/json"}

    reply = telling.http.post("/v1/chat/completions", content=body, headers=headers)

    assert reply.status_code in {200, 400}, reply.text


def test_a_category_of_any_script_is_no_trouble(
    upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory
) -> None:
    rule = {"name": "r", "when": {"category": "Böte"}, "deny": "Böte sind aus."}
    strategy = {"name": "rules", "rules": [rule], "otherwise": "fixed_order"}
    config = pools_config(
        {"weak": [upstream.url]},
        routes={"auto": {"models": ["weak"], "strategy": strategy}},
        workload={"embed": False, "categories": {"Böte": BOATS}},
    )

    with running_proxy(config, tmp_path_factory.mktemp("script")) as proxy:
        messages = [{"role": "user", "content": BOATS[0]}]
        denied = eventually(
            lambda: (reply := ask(proxy, messages=messages)).status_code == 403 and reply,
            within_s=60,
        )
        assert isinstance(denied, httpx.Response)
        assert "Böte sind aus." in denied.json()["error"]["message"]
        assert category_of(asked(proxy, CODING)) == "coding"


@pytest.fixture(scope="module")
def semantic(
    shared_upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    names = ["weak", "strong"]
    loose = {"preset": "lenient", "categories": {"coding": "lenient"}}
    config = pools_config(
        {name: [shared_upstream.url] for name in names},
        routes={
            "auto": {"models": names, "cache": "lenient"},
            "loose": {"models": names, "cache": loose},
        },
        cache={"lookup_budget_ms": PATIENT_MS},
    )
    folder = tmp_path_factory.mktemp("semantic")
    with semantic_proxy(shared_upstream, folder, config) as proxy:
        yield proxy


def embedder_counts(proxy: Proxy) -> Mapping[str, int]:
    counts: dict[str, int] = proxy.http.get("/v1/cache/stats").json()["embedder"]
    return counts


def test_cache_and_classifier_embed_a_prompt_once(semantic: Proxy) -> None:
    before = embedder_counts(semantic)["embedded"]

    reply = question(semantic, "Which harbour has the oldest lighthouse of the coast?")

    assert tier(reply) == "miss"
    assert category_of(reply)
    assert embedder_counts(semantic)["embedded"] == before + 1


@pytest.mark.parametrize(("route", "second"), [("auto", "miss"), ("loose", "semantic")])
def test_coding_is_strict_unless_the_route_says_otherwise(
    semantic: Proxy, route: str, second: str
) -> None:
    """The two are like each other to 0.94, which is enough for `lenient`, not for `strict`."""
    first = question(semantic, "How do I read a CSV file in Python?", model=route)
    again = question(semantic, "What is the easiest way to read a CSV file in Python?", model=route)

    assert category_of(first) == "coding"
    assert (tier(first), tier(again)) == ("miss", second)


def test_mathematics_is_strict_as_well(semantic: Proxy) -> None:
    first = question(semantic, "How do I solve the equation 3x + 5 = 20 for x?")
    again = question(semantic, "What is the easiest way to solve the equation 3x + 5 = 20 for x?")

    assert category_of(first) == category_of(again) == "mathematics"
    assert (tier(first), tier(again)) == ("miss", "miss")
    assert again.headers["x-wrp-cache-refused"]
