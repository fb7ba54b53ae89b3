"""Checks of what the configuration says of the workload, and of categories where they are named."""

from collections.abc import Iterator, Mapping
from typing import Any

from wrp_proxy.errors import Problem, choose
from wrp_proxy.settings.raw import mapping
from wrp_proxy.settings.sections import under_preset
from wrp_proxy.signals import CATEGORIES, UNKNOWN


def check_workload(raw: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield names that stand for nothing: of the judge, and of categories in cache policies."""
    workload = mapping(raw.get("workload"))
    own = mapping(workload.get("categories"))
    if UNKNOWN in own:
        yield Problem(
            f"workload.categories.{UNKNOWN}",
            "is what a request is that has no category",
            "give it another name",
        )
    yield from _check_judge(workload.get("judge"), raw)
    known = [*dict.fromkeys([*CATEGORIES, *map(str, own)]), UNKNOWN]
    for path, named in _named_by_cache(raw):
        for name in map(str, named):
            if name not in known:
                yield Problem(f"{path}.{name}", "is no category", choose(name, known))


def _check_judge(judge: object, raw: Mapping[str, Any]) -> Iterator[Problem]:
    names = [*dict.fromkeys(["auto", *mapping(raw.get("routes"))]), *mapping(raw.get("models"))]
    if isinstance(judge, str) and judge and judge not in names and "/" not in judge:
        yield Problem("workload.judge", f"there is no model '{judge}'", choose(judge, names))


def _named_by_cache(raw: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[Any, Any]]]:
    """Yield where categories are named, and the mapping whose keys they are."""
    cache = mapping(raw.get("cache"))
    policies = {"cache.default": cache.get("default")} | {
        f"routes.{name}.cache": mapping(route).get("cache")
        for name, route in mapping(raw.get("routes")).items()
    }
    for path, policy in policies.items():
        yield f"{path}.categories", mapping(mapping(under_preset(policy)).get("categories"))
    yield "cache.quotas", mapping(cache.get("quotas"))
