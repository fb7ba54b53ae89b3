"""Runs the checks of one client, and prints as JSON what each of them saw."""

import asyncio
import inspect
import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

ROOT = os.environ["WRP_URL"]
URL = f"{ROOT}/v1"
KEY = os.environ["WRP_KEY"]
RETRIES = 2
QUESTION = "Write one sentence about the sea."
ASK = [{"role": "user", "content": QUESTION}]
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}

Check = Callable[[], Any]
_checks: dict[str, Check] = {}


def check(function: Check) -> Check:
    """Have `function` run, and what it returns printed under its name."""
    _checks[function.__name__] = function
    return function


def refusal(function: Check) -> Check:
    """Have `function` run, and the exception printed that it raises."""

    async def run() -> dict[str, Any]:
        try:
            result = await _result(function)
        except Exception as error:  # noqa: BLE001 - which class it is, is the question
            return described(error)
        return {"class": None, "result": repr(result)}

    _checks[function.__name__] = run
    return function


def described(error: Exception) -> dict[str, Any]:
    status = getattr(error, "status_code", None)
    code = getattr(error, "code", None)
    return {"class": type(error).__name__, "status": status, "code": code, "said": str(error)}


def main() -> None:
    """Run all checks in one loop: some clients keep their connections for good."""
    with asyncio.Runner() as runner:
        seen = {name: runner.run(_outcome(function)) for name, function in _checks.items()}
    sys.stdout.write(f"{json.dumps(seen)}\n")


async def _result(function: Check) -> Any:
    result = function()
    return await result if inspect.isawaitable(result) else result


async def _outcome(function: Check) -> Any:
    try:
        return await _result(function)
    except Exception:  # noqa: BLE001 - the other checks shall run all the same
        return {"failed": traceback.format_exc(limit=3)}
