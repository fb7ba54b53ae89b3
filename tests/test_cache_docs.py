"""What the documents say of the cache is so."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel
from typer.main import get_command

from tests.cache.asking import question, semantic_config, semantic_proxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, ask
from tests.settings.loading import VALID, load
from tests.test_docs import ROOT, blocks
from wrp_proxy.cache.policy import DAY_S, PRESETS, Policy
from wrp_proxy.cli import app
from wrp_proxy.settings.cache import (
    CacheSettings,
    EmbedderSettings,
    JudgeSettings,
    RedisSettings,
    RouteCacheSettings,
)

CACHE = (ROOT / "docs/cache.md").read_text(encoding="utf-8")
SEMANTIC = {name: policy for name, policy in PRESETS.items() if policy.is_semantic}


@pytest.mark.parametrize("example", blocks("docs/cache.md", "yaml"))
def test_the_configurations_of_the_caches_document_load(example: str) -> None:
    settings = load({**VALID, **yaml.safe_load(example)})

    assert settings.routes["auto"].cache is not None


def test_the_readmes_line_turns_the_semantic_tier_on() -> None:
    line, variable = re.findall(
        r"`cache: (\w+)` at a route, or `WRP_CACHE=(\w+)`", (ROOT / "README.md").read_text()
    )[0]

    settings = load({**VALID, "routes": {"auto": {"cache": line}}}, {"WRP_CACHE": variable})

    for said in (settings.routes["auto"].cache, settings.cache.default):
        assert said is not None
        assert said.preset in SEMANTIC


@pytest.mark.parametrize(("name", "policy"), SEMANTIC.items())
def test_the_presets_are_as_in_their_table(name: str, policy: Policy) -> None:
    (row,) = re.findall(rf"^\| `{name}` \|(.*)\|$", CACHE, re.MULTILINE)

    _, threshold, _, ttl, budget = [cell.strip() for cell in row.split("|")]
    assert float(threshold) == policy.threshold
    assert float(ttl.split()[0]) * DAY_S == policy.ttl_s
    assert float(budget.removesuffix("%")) / 100 == policy.error_budget


@pytest.mark.parametrize(
    "schema",
    [RouteCacheSettings, CacheSettings, RedisSettings, EmbedderSettings, JudgeSettings],
)
def test_every_key_of_the_cache_is_documented(schema: type[BaseModel]) -> None:
    prose = re.sub(r"```.*?```", "", CACHE, flags=re.DOTALL)
    named = set(re.findall(r"[a-z_]+", " ".join(re.findall(r"`([^`]+)`", prose))))

    assert [key for key in schema.model_fields if key not in named] == []


def test_the_commands_of_the_document_are_those_there_are() -> None:
    shown = re.findall(r"^wrp-proxy cache (\w+)(.*)$", CACHE, re.MULTILINE)

    commands: Mapping[str, Any] = get_command(app).commands["cache"].commands  # type: ignore[attr-defined]  # a group
    assert {name for name, _ in shown} == set(commands)
    for name, arguments in shown:
        known = {option for parameter in commands[name].params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", arguments)) <= known


def test_feedback_is_taken_as_shown(proxy: Proxy) -> None:
    given, reply = map(json.loads, blocks("docs/http-api.md", "json"))
    asked = {"x-request-id": given["request_id"]}
    assert ask(proxy, temperature=0, headers=asked).status_code == 200

    said = proxy.http.post("/v1/feedback", json=given)

    assert said.json() == reply


def test_the_metrics_are_those_of_their_table(upstream: FakeUpstream, tmp_path: Path) -> None:
    text = (ROOT / "docs/operations.md").read_text()
    table = text.partition("| metric | labels |")[2].partition("\n\n")[0]
    config = semantic_config(upstream.url)
    config["cache"] |= {"judge": {"model": "small", "audit_share": 0, "near_share": 0}}
    with semantic_proxy(upstream, tmp_path, config) as proxy:
        for words in ("How do I reset my password?", "How can I reset my password?"):
            question(proxy, words)
        shown = proxy.http.get("/metrics").text

    names = re.findall(r"^# TYPE (wrp_\w+) ", shown, re.MULTILINE)
    assert {name for name in names if not name.endswith("_created")} == set(
        re.findall(r"`(wrp_\w+)`", table)
    )
