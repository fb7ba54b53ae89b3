"""Reads YAML: every mistake becomes a problem with its place, variables are filled in."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from wrp_proxy.errors import Problem

_VARIABLE = re.compile(
    r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>(?:(?!\$\{)[^}])*))?\}"
)


class _UniqueKeyLoader(yaml.SafeLoader):
    """Notes keys that stand twice in one mapping, where YAML would let the last one win."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.problems: list[Problem] = []
        self.deep_construct = True  # so that a mapping which contains itself is refused

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[object] = set()
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(
                    None, None, "a key is no plain name", key_node.start_mark
                )
            if key_node.value in seen:
                line = key_node.start_mark.line + 1
                self.problems.append(
                    Problem(f"line {line}", f"'{key_node.value}' stands twice", "keep one of them")
                )
            seen.add(key_node.value)
        return super().construct_mapping(node, deep=deep)


def read_yaml(path: Path) -> tuple[dict[str, Any], list[Problem]]:
    """Return the top mapping of a file and what is wrong with it."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        return {}, [Problem(str(path), f"cannot be read: {reason}", "give a readable YAML file")]
    problems: list[Problem] = []
    try:
        raw = _parse(text, problems)
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        remedy = "mend the YAML; a string with ${...} or ':' in it needs quotes"
        return {}, [Problem(str(path), f"is not YAML: {_place_of(error)}", remedy)]
    if raw is None:
        raw = {}
    if not isinstance(raw, dict):
        return {}, [Problem(str(path), "is no mapping", "begin with `providers:` or `models:`")]
    return raw, problems


def _parse(text: str, problems: list[Problem]) -> object:
    loader = _UniqueKeyLoader(text)
    try:
        return loader.get_single_data()
    finally:
        problems += loader.problems
        loader.dispose()


def fill_in(value: Any, path: str, environment: Mapping[str, str], problems: list[Problem]) -> Any:
    """Replace `${NAME}` and `${NAME:-default}` in all strings; note names without a value."""
    if isinstance(value, dict):
        return {
            key: fill_in(item, f"{path}.{key}" if path else str(key), environment, problems)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [
            fill_in(item, f"{path}[{place}]", environment, problems)
            for place, item in enumerate(value)
        ]
    if not isinstance(value, str):
        return value

    if "${" in _VARIABLE.sub("", value):
        remedy = "write ${NAME} or ${NAME:-default}, with a plain default"
        problems.append(Problem(path, "has a '${' that begins no variable", remedy))

    def replace(match: re.Match[str]) -> str:
        found = environment.get(match["name"]) or match["default"]
        if found is None:
            name = match["name"]
            problems.append(
                Problem(
                    path,
                    f"{match[0]} is {'empty' if name in environment else 'not set'}",
                    f"set the environment variable {name}, or write ${{{name}:-default}}",
                )
            )
        return found or ""

    return _VARIABLE.sub(replace, value)


def _place_of(error: Exception) -> str:
    """Tell where YAML ends to be YAML, without the line itself: it may hold a secret."""
    if not isinstance(error, yaml.MarkedYAMLError):
        return "it has characters or depths that YAML has not"
    mark = error.context_mark or error.problem_mark
    if mark is None:
        return "it breaks off"
    problem = (error.problem or "").partition("'")[0].strip()
    return f"line {mark.line + 1}, column {mark.column + 1}: {problem}"
