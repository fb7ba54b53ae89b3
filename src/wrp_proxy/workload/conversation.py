"""Where in its conversation a request stands: turn, session, failed tools."""

import re
from hashlib import blake2b
from typing import Any

import msgspec

from wrp_proxy.signals import Signal
from wrp_proxy.workload.base import Findings
from wrp_proxy.workload.kind import is_result
from wrp_proxy.workload.prompt import Message, Prompt, ends_of, text_of

_SESSION_BYTES = 12
_MOST_RESULTS = 64
_HEAD_CHARS = 400
_JSON_CHARS = 8192
_FAILURE = re.compile(
    r"\s*(?:<\w{0,16}error>"
    r"|\[?(?:\w{0,40}error|\w{0,40}exception|fatal|failed|failure)\b"
    r"(?:[\]:!]|\s*$| (?:to|with|at|in tool|while|when|executing|running|calling|code|\d))"
    r"|fatal error|traceback \(most recent|the tool failed|tool (?:call |execution )?failed"
    r"|unable to |could not |cannot |permission denied|access denied|timed out"
    r"|no such file|invalid (?:argument|parameter|input)|unknown tool)"
    r"|[^\n]{0,200}: (?:command not found|no such file or directory|permission denied)",
    re.IGNORECASE,
)
"""At the beginning of a result."""
_EXIT_CODE = re.compile(
    r"(?:exit(?:ed)?[ _](?:with )?(?:code|status)|return(?:ed)? ?code)[\"']?[ :=]{0,3}-?[1-9]",
    re.IGNORECASE,
)
_FAILED_STATES = frozenset({"error", "failed", "failure", "timeout"})
_SUCCESS_FIELDS = ("success", "ok", "succeeded")
_ERROR_FIELDS = ("error", "errors", "is_error", "isError", "exception")
_EXIT_FIELDS = ("exit_code", "exitCode", "returncode", "return_code")


class Conversation:
    """Count the user's messages, and the tools that failed since the last one."""

    signal: Signal = "conversation"
    budget_s = 0.005

    def read(self, prompt: Prompt, known: Findings) -> Findings:
        return Findings(
            turn=max(len(prompt.users), 1),
            session=prompt.request.session or _session_of(prompt),
            failed_tools=_failed_tools(prompt),
        )


def _session_of(prompt: Prompt) -> str | None:
    """Tell conversations apart by how they began, as clients send all of it with every turn."""
    first = text_of(prompt.messages[prompt.users[0]]) if prompt.users else ""
    if not first and not prompt.system:
        return None
    digest = blake2b(digest_size=_SESSION_BYTES)
    for text in (prompt.request.tenant, prompt.system, first):
        digest.update(f"{len(text)}\0{ends_of(text)}\0".encode(errors="replace"))
    return digest.hexdigest()


def _failed_tools(prompt: Prompt) -> int:
    since = prompt.users[-1] + 1 if prompt.users else 0
    results = filter(is_result, prompt.messages[since:][-_MOST_RESULTS:])
    return sum(map(has_failed, results))


def has_failed(result: Message) -> bool:
    """Tell whether a tool's result looks like an error, by its fields or by its first words."""
    if result.get("is_error") is True or _is_failed_state(result.get("status")):
        return True
    text = text_of(result)
    if text.lstrip()[:1] == "{" and len(text) <= _JSON_CHARS:
        try:
            return _says_failure(msgspec.json.decode(text))
        except (msgspec.DecodeError, UnicodeError, RecursionError):
            pass
    head, tail = text[:_HEAD_CHARS], text[-_HEAD_CHARS:]
    return bool(_FAILURE.match(head) or _EXIT_CODE.search(head) or _EXIT_CODE.search(tail))


def _says_failure(result: dict[str, Any]) -> bool:
    if any(result.get(name) for name in _ERROR_FIELDS):
        return True
    if any(result.get(name) is False for name in _SUCCESS_FIELDS):
        return True
    if any(result.get(name) not in (None, 0) for name in _EXIT_FIELDS):
        return True
    status = result.get("status_code", result.get("status"))
    is_http_error = isinstance(status, int) and 400 <= status < 600
    return is_http_error or _is_failed_state(status)


def _is_failed_state(status: object) -> bool:
    return isinstance(status, str) and status.lower() in _FAILED_STATES
