"""What the documents show is what happens: their examples run."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, lab_config
from tests.unit.test_pipeline import Records, answer_of, pipeline_before
from wrp_proxy.cache.base import Hit, Lookup
from wrp_proxy.providers.vendors import VENDORS, Vendor
from wrp_proxy.routers.registry import ROUTERS
from wrp_proxy.settings.environment import CACHE_VARIABLES, OPTION_VARIABLES
from wrp_proxy.settings.load import Options, load_settings
from wrp_proxy.types import ChatRequest, Outcome, Workload

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", "CONTRIBUTING.md", *(f"docs/{p.name}" for p in ROOT.glob("docs/*.md"))]
KEYS = {"GROQ_API_KEY": "g", "WRP_API_KEY": "w", "LAB_KEY": "l"}


def headings(file: Path) -> list[str]:
    """Return the anchors of a document, as GitHub makes them."""
    titles = re.findall(r"^#+ (.*)$", file.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text(encoding="utf-8")
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def test_the_readmes_python_gets_an_answer(
    proxy: Proxy, capsys: pytest.CaptureFixture[str]
) -> None:
    (example,) = blocks("README.md", "python")

    exec(example.replace("http://127.0.0.1:8080", proxy.url) + "client.close()\n", {})  # noqa: S102 - the document under test

    said, why = capsys.readouterr().out.splitlines()
    assert said == "Hello there"
    assert why.startswith("small because: the only able model")


def test_the_readmes_curl_is_what_the_proxy_understands(proxy: Proxy) -> None:
    (command,) = re.findall(r"curl \S+ -d '(.*)'", (ROOT / "README.md").read_text())

    reply = proxy.http.post("/v1/chat/completions", content=command.encode())

    assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert reply.text.endswith("data: [DONE]\n\n")


@pytest.mark.parametrize("document", ["README.md", "docs/configuration.md"])
def test_documented_configurations_load(document: str, tmp_path: Path) -> None:
    (example,) = blocks(document, "yaml")
    file = tmp_path / "config.yaml"
    file.write_text(example)

    settings = load_settings(Options(config=file), KEYS)

    assert set(settings.models) == {"small", "large"}


def test_every_variable_of_a_vendor_is_documented_and_passed_through_by_compose() -> None:
    readme, configuration = ((ROOT / n).read_text() for n in ("README.md", "docs/configuration.md"))
    compose = (ROOT / "docker-compose.yml").read_text()
    with_keys = [v for v in VENDORS.values() if v.base_url is not None]

    for vendor in with_keys:
        assert vendor.key_variable in readme
        assert vendor.key_variable in configuration
        assert f"- {vendor.key_variable}\n" in compose


def test_every_variable_of_our_own_is_documented() -> None:
    configuration = (ROOT / "docs/configuration.md").read_text()

    assert [v for v in OPTION_VARIABLES | CACHE_VARIABLES if f"`{v}`" not in configuration] == []


def test_the_caches_variables_are_passed_through_by_compose() -> None:
    compose = (ROOT / "docker-compose.yml").read_text()

    assert [v for v in CACHE_VARIABLES if f"- {v}\n" not in compose] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_links_between_the_documents_lead_somewhere(document: str) -> None:
    here = ROOT / document
    for path, heading in re.findall(r"\]\(([^):#]*)(?:#([^)]*))?\)", here.read_text()):
        target = (here.parent / path).resolve() if path else here
        assert target.exists(), path
        assert not heading or heading in headings(target), heading


def test_the_guides_strategy_works_as_described(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    strategy, row, *_ = blocks("CONTRIBUTING.md", "python")
    (routes,) = blocks("CONTRIBUTING.md", "yaml")
    names: dict[str, Any] = {"ROUTERS": ROUTERS}
    shipped = ROUTERS["fastest"]
    try:
        exec(strategy + row, names)  # noqa: S102 - the document under test
        proxy = start_proxy(lab_config(upstream.url, **yaml.safe_load(routes)))
        body = {"model": "auto", "messages": ASK}
        replies = [proxy.http.post("/v1/chat/completions", json=body) for _ in range(2)]
    finally:
        ROUTERS["fastest"] = shipped

    assert [reply.headers["x-wrp-reason"] for reply in replies] == ["fastest so far"] * 2


def test_the_guides_vendor_row_is_one() -> None:
    row = blocks("CONTRIBUTING.md", "python")[2]

    vendor = eval(row, {"Vendor": Vendor})  # noqa: S307 - the document under test

    assert vendor.key_variable == "ACME_API_KEY"


@pytest.mark.anyio
async def test_the_guides_cache_remembers(upstream: FakeUpstream) -> None:
    nouns = (ChatRequest, Hit, Lookup, Outcome, Sequence, Workload)
    names: dict[str, Any] = {noun.__name__: noun for noun in nouns}
    exec(blocks("CONTRIBUTING.md", "python")[3], names)  # noqa: S102 - the document under test

    async with pipeline_before(upstream, names["RememberedAnswers"](), Records()) as pipeline:
        first, missed = await answer_of(pipeline)
        second, hit = await answer_of(pipeline)

    assert (missed.cached, hit.cached) == ("miss", "exact")
    assert first == second
    assert len(upstream.received) == 1
