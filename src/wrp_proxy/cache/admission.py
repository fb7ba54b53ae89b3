"""What is never kept, and so never looked for: said of a request before it has a name."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from wrp_proxy.cache.guard.reading import content_words
from wrp_proxy.cache.policy import Policy
from wrp_proxy.cache.question import Question
from wrp_proxy.types import Api, ChatRequest

_USUAL_TEMPERATURE = 1.0
"""Of a request that names none; embeddings have no chance in them."""
_FEWEST_WORDS = 4
"""Of content in a last message, below which it leans on what was said before."""
_TOOLS = ("tools", "functions", "tool_choice", "function_call", "mcp_servers", "container")
_LIVE = ("web_search_options", "search_parameters", "plugins")
"""What has a model look things up, if only by being there."""
_KEPT_ELSEWHERE = ("previous_response_id", "conversation", "background")
_PLAIN_PARTS = ("text", "input_text", "output_text", "refusal")
_PERSONAL = re.compile(
    r"<(?:context|documents?|memor(?:y|ies)|user_(?:info|profile|context)|search_results)\b"
    r"|\b(?:relevant|user|saved|long[- ]term) memor(?:y|ies)\b"
    r"|\b(?:retrieved|provided|following|given) (?:context|documents?|passages?|excerpts?)\b"
    r"|\b(?:context|knowledge base|search results?|memor(?:y|ies)|user profile)\s*:"
    r"|\babout the (?:current )?user\b|\bthe user(?:'s|s) (?:name|email|profile|location)\b"
    r"|\b(?:current|today's) (?:date|time)(?: and time)?\s*(?:is|:)|\btoday is\b",
    re.IGNORECASE,
)
"""Signs of retrieved or remembered text in a prompt: the answer belongs to this one request."""
_PASSING = re.compile(
    r"\b(?:today|tonight|tomorrow|yesterday|now|currently|current|latest|newest|recent(?:ly)?"
    r"|this (?:morning|week|weekend|month|year|season)|heute|morgen|gestern|jetzt|aktuell\w*"
    r"|aujourd'hui|maintenant|hoy|ahora|oggi|adesso)\b",
    re.IGNORECASE,
)
PASSING_TTL_S = 600.0


def refusal(request: ChatRequest, policy: Policy, max_request_bytes: int) -> str | None:
    """Say in a few words why a request is none for the cache; None: it may be.

    Looks at the top of the body only; what is deeper is for `deep_refusal`.
    """
    if not policy.is_on:
        return "off for this route"
    if len(request.raw) > max_request_bytes:
        return f"longer than {max_request_bytes} bytes"
    if request.bound_to is not None:
        return "belongs to an upstream's conversation"
    body = request.own or request.body
    return next(_refusals(request, body, policy), None)


def _refusals(request: ChatRequest, body: Mapping[str, Any], policy: Policy) -> Iterator[str]:
    if name := next((name for name in _TOOLS if body.get(name)), None):
        yield f"has {name}"
    if name := next((name for name in _LIVE if body.get(name) is not None), None):
        yield f"has {name}"
    if name := next((name for name in _KEPT_ELSEWHERE if body.get(name)), None):
        yield f"has {name}"
    if body.get("store") or (request.api == "responses" and body.get("store") is not False):
        yield "the conversation is stored"
    if body.get("n") not in (None, 1) and not request.cache.is_asked:
        yield "asks for several choices"
    if body.get("audio") or body.get("modalities") not in (None, ["text"]):
        yield "asks for more than text"
    if _temperature(request.api, body) > _hottest(request, policy):
        yield "temperature"


def _temperature(api: Api, body: Mapping[str, Any]) -> float:
    usual = 0.0 if api == "embeddings" else _USUAL_TEMPERATURE
    said = body.get("temperature")
    return float(said) if isinstance(said, int | float) else usual


def _hottest(request: ChatRequest, policy: Policy) -> float:
    """Who asks for the cache has it at a usual temperature, where nobody has set a bound."""
    asked = policy.is_unasked and request.cache.is_asked
    return _USUAL_TEMPERATURE if asked else policy.max_temperature


def deep_refusal(body: Mapping[str, Any]) -> str | None:
    """Say what in a request's messages, in the words of chat, keeps it out of the cache."""
    for message in body.get("messages") or ():
        if message.get("role") in ("tool", "function") or message.get("tool_calls"):
            return "has tool results"
        content = message.get("content")
        for text in [content] if isinstance(content, str) else _texts(content):
            if text is None:
                return "has parts that are no text"
            if _PERSONAL.search(text):
                return "has retrieved or personal context"
    return None


def _texts(content: object) -> Iterator[str | None]:
    """Yield the text of each part, None for one that is something else."""
    for part in content if isinstance(content, list) else ():
        kind = part.get("type") if isinstance(part, dict) else None
        text = part.get("text", part.get("refusal")) if isinstance(part, dict) else None
        yield text if kind in _PLAIN_PARTS and isinstance(text, str) else None


def needs_its_words(question: Question | None, policy: Policy) -> str | None:
    """Say why only the very words of a request count; None: others may ask the same."""
    if not policy.is_semantic:
        return policy.preset
    if question is None or not question.text:
        return "no question"
    if question.history > policy.max_history:
        return "long history"
    if question.history and len(content_words(question.text)) < _FEWEST_WORDS:
        return "leans on what was said before"
    return None


def is_passing(body: Mapping[str, Any]) -> bool:
    """Tell whether the last user's words, told in chat's, ask about this moment."""
    users = [m for m in body.get("messages") or [] if m.get("role") == "user"]
    content = users[-1].get("content") if users else None
    texts = [content] if isinstance(content, str) else _texts(content)
    return any(_PASSING.search(text) for text in texts if text is not None)
