"""From a file, the environment and the command line to Settings, or to all that is wrong."""

import re
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import structlog
from pydantic import BaseModel, ValidationError

from wrp_proxy.errors import ConfigError, Problem
from wrp_proxy.providers.discovery import is_listening
from wrp_proxy.providers.local import demonstration_weights, is_runtime_installed
from wrp_proxy.settings.cross_check import cross_check
from wrp_proxy.settings.environment import (
    FromEnvironment,
    add_local,
    from_environment,
    unknown_variables,
)
from wrp_proxy.settings.schema import Settings
from wrp_proxy.settings.yaml_file import fill_in, read_yaml

DEMONSTRATION_MODEL = "smollm2-135m"
_OLLAMA = ("127.0.0.1", 11434)
_USER_OR_QUERY = re.compile(r"(?<=//)[^/]*@|(?<=[?#]).+")
_SECRET = {"api_key", "api_keys", "key", "redis", "secret", "shards", "url"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line, or its `WRP_*` variables, say; None and empty say nothing."""

    config: Path | None = None
    host: str | None = None
    port: int | None = None
    api_keys: str | None = field(default=None, repr=False)
    allow_anonymous: bool = False
    find_ollama: bool = True


def load_settings(options: Options, environment: Mapping[str, str]) -> Settings:
    """Return valid settings; raise ConfigError with every problem there is."""
    raw, problems = read_yaml(options.config) if options.config else ({}, [])
    _warn_of_unknown_variables(environment, named_in=str(raw))
    raw = fill_in(raw, "", environment, problems)
    # `models:` with nothing under it, as YAML leaves it, is a section left out.
    raw = {name: section for name, section in raw.items() if section is not None}
    if not {"providers", "models"} & raw.keys():
        found = from_environment(environment)
        _add_what_runs_here(found, find_ollama=options.find_ollama)
        problems += found.problems
        raw = {**raw, "providers": found.providers, "models": found.models}
        for warning, variable in found.warnings:
            structlog.get_logger("wrp_proxy.settings").warning(warning, variable=variable)
    keys = environment.get("WRP_API_KEYS") if options.api_keys is None else options.api_keys
    raw["server"] = _server(raw.get("server"), options, keys, problems)
    raw["cache"] = _cache(raw.get("cache"), environment)
    problems += cross_check(raw)
    settings = _validate(raw, problems)
    if not options.allow_anonymous:
        problems += _open_door(raw["server"])
    if settings is None or problems:
        raise ConfigError(list(dict.fromkeys(problems)))
    return settings


def _warn_of_unknown_variables(environment: Mapping[str, str], *, named_in: str) -> None:
    for name in unknown_variables(environment):
        if name not in named_in:
            structlog.get_logger("wrp_proxy.settings").warning(
                "nothing reads this variable", variable=name
            )


def _add_what_runs_here(found: FromEnvironment, *, find_ollama: bool) -> None:
    """Without any provider, take a running Ollama, else the demonstration model."""
    if found.providers or found.problems:
        return
    if find_ollama and is_listening(*_OLLAMA):
        host, port = _OLLAMA
        found.add("ollama", {"base_url": f"http://{host}:{port}/v1"}, ())
    elif is_runtime_installed() and demonstration_weights() is not None:
        add_local(found, DEMONSTRATION_MODEL, None)


def _server(
    section: object, options: Options, api_keys: str | None, problems: list[Problem]
) -> object:
    """Lay the command line over the file."""
    if not isinstance(section, dict | None):
        return section
    server = dict(section or {})
    if options.host is not None:
        server["host"] = options.host
    if options.port is not None:
        server["port"] = options.port
    if api_keys is not None:
        keys = [key.strip() for key in api_keys.split(",") if key.strip()]
        if not keys:
            problems.append(
                Problem("WRP_API_KEYS", "is empty", "list keys with commas, or unset it")
            )
        server["api_keys"] = keys
    return server


def _cache(section: object, environment: Mapping[str, str]) -> object:
    """Lay WRP_CACHE, WRP_CACHE_SECRET and WRP_REDIS_URL over the file."""
    if not isinstance(section, dict | None):
        return section
    cache = dict(section or {})
    if preset := environment.get("WRP_CACHE"):
        cache["default"] = preset
    if secret := environment.get("WRP_CACHE_SECRET"):
        cache["secret"] = secret
    if url := environment.get("WRP_REDIS_URL"):
        redis = cache.get("redis")
        cache["redis"] = {**redis, "url": url} if isinstance(redis, dict) else url
    return cache


def _validate(raw: Mapping[str, Any], problems: list[Problem]) -> Settings | None:
    try:
        return Settings.model_validate(raw)
    except ValidationError as error:
        problems.extend(_problem(wrong) for wrong in error.errors())
        return None


def _problem(wrong: Mapping[str, Any]) -> Problem:
    location: tuple[int | str, ...] = wrong["loc"]
    path = _path(location)
    if wrong["type"] == "extra_forbidden":
        known = list(_keys_at(location[:-1]))
        close = get_close_matches(str(location[-1]), known, n=1)
        hint = f"did you mean '{close[0]}'? " if close else ""
        return Problem(path, "is not a known key", f"{hint}known here: {', '.join(known)}")
    if location[-1] == "[key]":
        remedy = "write it in quotes: YAML takes it for something else"
        return Problem(_path(location[:-2]), f"{wrong['input']!r} is no name", remedy)
    if wrong["type"] == "missing":
        return Problem(path, "is missing", f"add `{location[-1]}:`")
    value = "its value" if _is_secret(location) else _shown(wrong["input"])
    return Problem(path, f"{value} is not accepted", wrong["msg"].removeprefix("Value error, "))


def _is_secret(location: tuple[int | str, ...]) -> bool:
    """Tell where a key may stand, if only by mistake."""
    is_provider = location[0] == "providers" and len(location) < 3
    key = next((part for part in reversed(location) if isinstance(part, str)), "")
    return is_provider or key in _SECRET


def _shown(value: object) -> str:
    """Show a value without what may be secret in it."""
    return _USER_OR_QUERY.sub("***", repr(_masked(value)))


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {k: "***" if k in _SECRET else _masked(item) for k, item in value.items()}
    return [_masked(item) for item in value] if isinstance(value, list) else value


def _path(location: tuple[int | str, ...]) -> str:
    path = ""
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _keys_at(location: tuple[int | str, ...]) -> Iterator[str]:
    """List the keys that the section at `location` may have."""
    section: type[BaseModel] = Settings
    is_name = False
    for part in location:
        if is_name or not isinstance(part, str) or part not in section.model_fields:
            is_name = False
            continue
        annotation = section.model_fields[part].annotation
        is_name = typing.get_origin(annotation) is dict
        section = _section_in(annotation) or section
    yield from section.model_fields


def _section_in(annotation: object) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_section_in(argument) for argument in typing.get_args(annotation))
    return next((section for section in found if section is not None), None)


def _open_door(server: object) -> Iterator[Problem]:
    """Without a key only this machine may be served."""
    section = server if isinstance(server, dict) else {}
    host = section.get("host", "127.0.0.1")
    if section.get("api_keys") or not isinstance(host, str) or _is_loopback(host):
        return
    yield Problem(
        "server.host",
        f"'{host}' can be reached from outside, and no API key is set",
        "set server.api_keys or WRP_API_KEYS, or start with --allow-anonymous",
    )


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
