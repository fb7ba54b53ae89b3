"""Providers and models from environment variables alone."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from wrp_proxy.errors import Problem
from wrp_proxy.providers.vendors import VENDORS, Vendor

OPTION_VARIABLES = frozenset(
    {
        "WRP_CONFIG",
        "WRP_HOST",
        "WRP_PORT",
        "WRP_API_KEYS",
        "WRP_ALLOW_ANONYMOUS",
        "WRP_STATE_DIR",
        "WRP_FIND_OLLAMA",
        "WRP_LOG_LEVEL",
        "WRP_LOG_FORMAT",
        "WRP_MODEL",
        "WRP_URL",
        "WRP_API_KEY",
    }
)
"""Read by the command line."""

_OTHERS = {
    "WRP_LOCAL_MODELS",
    "AZURE_OPENAI_API_KEY",
    "AZURE_OPENAI_ENDPOINT",
    "AZURE_OPENAI_DEPLOYMENTS",
    "AZURE_OPENAI_API_VERSION",
}
CACHE_VARIABLES = frozenset({"WRP_CACHE", "WRP_CACHE_SECRET", "WRP_REDIS_URL"})
_OWN_PROVIDER = re.compile(r"WRP_PROVIDER_([A-Z0-9_]+?)_(BASE_URL|API_KEY|MODELS)")


@dataclass(slots=True)
class FromEnvironment:
    """Raw `providers` and `models`, as they would stand in a file."""

    providers: dict[str, dict[str, Any]] = field(default_factory=dict, repr=False)
    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    warnings: list[tuple[str, str]] = field(default_factory=list)
    """Of variables that do nothing as they stand: what is wrong, and the variable."""

    def add(self, provider: str, settings: dict[str, Any], models: tuple[str, ...]) -> None:
        """Add a provider; the same upstream name at two of them becomes one pool."""
        self.providers[provider] = {
            "type": "openai",
            **settings,
            **({} if models else {"discover": True}),
        }
        for model in models:
            endpoints = self.models.setdefault(model, {"endpoints": []})["endpoints"]
            endpoints.append({"provider": provider, "model": model})


def from_environment(environment: Mapping[str, str]) -> FromEnvironment:
    """Collect every provider whose variable is set."""
    found = FromEnvironment()
    found.warnings += [
        ("set but empty", name)
        for name in sorted(environment)
        if environment[name] == "" and _is_read(name)
    ]
    for vendor in VENDORS.values():
        if vendor.name == "azure":
            _add_azure(found, vendor, environment)
        else:
            _add_vendor(found, vendor, environment)
    _add_own(found, environment)
    _add_local(found, environment)
    return found


def _is_read(name: str) -> bool:
    vendors = {v for vendor in VENDORS.values() for v in (vendor.key_variable, vendor.url_variable)}
    is_own = _OWN_PROVIDER.fullmatch(name) is not None
    return name in vendors | _OTHERS or is_own


def unknown_variables(environment: Mapping[str, str]) -> list[str]:
    """List `WRP_*` variables that nothing reads, such as misspelt ones."""
    known = OPTION_VARIABLES | CACHE_VARIABLES | {"WRP_LOCAL_MODELS"}
    return sorted(
        name
        for name in environment
        if name.startswith("WRP_") and name not in known and not _OWN_PROVIDER.fullmatch(name)
    )


def _add_vendor(found: FromEnvironment, vendor: Vendor, environment: Mapping[str, str]) -> None:
    key, url = environment.get(vendor.key_variable), environment.get(vendor.url_variable)
    if not (key if vendor.base_url else url):
        if idle := [
            name for name in (vendor.key_variable, vendor.url_variable) if environment.get(name)
        ]:
            needed = vendor.key_variable if vendor.base_url else vendor.url_variable
            found.warnings.append((f"does nothing without {needed}", idle[0]))
        return
    settings: dict[str, Any] = {}
    if key:
        settings["api_key"] = key
    if url:
        settings["base_url"] = _openai_root(vendor, url)
    found.add(vendor.name, {"type": vendor.type, **settings}, vendor.models)


def _openai_root(vendor: Vendor, url: str) -> str:
    """Add the `/v1` that Ollama's and vLLM's own variables leave out."""
    has_path = url.rstrip("/").count("/") > 2
    return url if vendor.base_url or has_path else f"{url.rstrip('/')}/v1"


def _add_azure(found: FromEnvironment, vendor: Vendor, environment: Mapping[str, str]) -> None:
    key = environment.get("AZURE_OPENAI_API_KEY")
    url = environment.get("AZURE_OPENAI_ENDPOINT") or environment.get("AZURE_OPENAI_BASE_URL")
    if not key and not url:
        return
    names = environment.get("AZURE_OPENAI_DEPLOYMENTS") or environment.get(
        "AZURE_OPENAI_DEPLOYMENT", ""
    )
    deployments = _names(names)
    needed = {
        "AZURE_OPENAI_API_KEY": key,
        "AZURE_OPENAI_ENDPOINT": url,
        "AZURE_OPENAI_DEPLOYMENTS": deployments,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing or not url:
        remedy = "set it too; AZURE_OPENAI_DEPLOYMENTS is a comma-separated list of names"
        found.problems += [
            Problem(name, "is not set, but Azure needs it", remedy) for name in missing
        ]
        return
    version = environment.get("AZURE_OPENAI_API_VERSION")
    settings = {"type": "azure", "api_key": key, "base_url": url}
    found.add(
        vendor.name,
        settings | ({"api_version": version} if version else {}),
        deployments,
    )


def _add_own(found: FromEnvironment, environment: Mapping[str, str]) -> None:
    """Add WRP_PROVIDER_<NAME>_BASE_URL, _API_KEY and _MODELS (comma-separated)."""
    own: dict[str, dict[str, str]] = {}
    for variable, value in environment.items():
        if match := _OWN_PROVIDER.fullmatch(variable):
            own.setdefault(match[1].lower(), {})[match[2].lower()] = value
    for name, given in own.items():
        if not given.get("base_url"):
            variable = f"WRP_PROVIDER_{name.upper()}_BASE_URL"
            found.problems.append(
                Problem(variable, "is not set, but the provider needs it", f"set {variable}")
            )
            continue
        if name in found.providers:
            variable = f"WRP_PROVIDER_{name.upper()}_BASE_URL"
            found.problems.append(
                Problem(variable, f"there is a provider '{name}' already", "use another name")
            )
            continue
        settings: dict[str, Any] = {"base_url": given["base_url"]}
        if given.get("api_key"):
            settings["api_key"] = given["api_key"]
        found.add(name, settings, _names(given.get("models", "")))


def _add_local(found: FromEnvironment, environment: Mapping[str, str]) -> None:
    """Add WRP_LOCAL_MODELS=name=path.gguf,…"""
    for entry in _names(environment.get("WRP_LOCAL_MODELS", "")):
        name, equals, path = entry.partition("=")
        if not (name and equals and path):
            found.problems.append(
                Problem("WRP_LOCAL_MODELS", f"'{entry}' is not name=path.gguf", "write name=path")
            )
        elif name in found.models:
            found.problems.append(
                Problem("WRP_LOCAL_MODELS", f"'{name}' is taken already", "use another name")
            )
        else:
            add_local(found, name, Path(path))


def add_local(found: FromEnvironment, name: str, path: Path | None) -> None:
    """Serve a GGUF file, or the weights of the extra, under this name."""
    provider = f"local-{name}"
    found.providers[provider] = {"type": "local", **({"path": str(path)} if path else {})}
    found.models[name] = {"endpoints": [{"provider": provider, "model": name}]}


def _names(listed: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in listed.split(",") if name.strip())
