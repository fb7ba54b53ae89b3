"""Gathers from all sections what rules may name."""

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any, get_args

from wrp_proxy.cache.policy import Preset
from wrp_proxy.routers.rules.known import Ability, Known
from wrp_proxy.settings.raw import mapping, sequence
from wrp_proxy.signals import CATEGORIES

_ANONYMOUS = "anonymous"
"""Whose requests are where there are no keys."""

RISKS = frozenset({"secret", "email", "phone", "card", "iban", "national_id"})
_LANGUAGES = (
    "am ar bg bn cs da de el en es fa fi fr gu he hi hu hy id it ja ka "
    "km kn ko ml nl no pa pl pt ro ru sv ta te th tr uk ur vi zh"
)
LANGUAGES = frozenset(_LANGUAGES.split())
"""What the shipped classifier tells apart."""


def known_names(models: Sequence[Any], raw: Mapping[str, Any]) -> Known:
    """Return what a rule of a route of these models may name."""
    described = mapping(raw.get("models"))
    own = mapping(mapping(raw.get("workload")).get("categories"))
    return Known(
        models={str(name): _ability(mapping(described.get(name))) for name in models},
        categories=frozenset({*CATEGORIES, *map(str, own)}),
        languages=LANGUAGES,
        risks=RISKS,
        tenants=frozenset(_tenants(mapping(raw.get("server")).get("api_keys"))),
        presets=frozenset(get_args(Preset)),
    )


def _ability(model: Mapping[Any, Any]) -> Ability:
    """Return what is said of a model; what the price list would add is left open."""
    given = model.get("capabilities")
    windows = [
        mapping(endpoint).get("context_window") or model.get("context_window")
        for endpoint in sequence(model.get("endpoints"))
    ]
    known = [window for window in windows if isinstance(window, int)]
    return Ability(
        capabilities=frozenset(map(str, given)) if isinstance(given, list) else None,
        context_window=max(known) if known and len(known) == len(windows) else None,
    )


def _tenants(keys: object) -> Iterator[str]:
    if not sequence(keys):
        yield _ANONYMOUS
    for entry in sequence(keys):
        key = entry if isinstance(entry, str) else mapping(entry).get("key")
        name = mapping(entry).get("name")
        if isinstance(name, str):
            yield name
        elif isinstance(key, str):
            yield f"key-{sha256(key.encode()).hexdigest()[:8]}"
