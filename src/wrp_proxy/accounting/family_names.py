"""Reads the many names of one model: dates, tags, vendors and spellings aside."""

import re
from collections.abc import Iterator

_VENDORS = frozenset(
    {
        "us",
        "eu",
        "apac",
        "global",
        "amazon",
        "anthropic",
        "cohere",
        "google",
        "meta",
        "microsoft",
        "mistralai",
        "nvidia",
        "openai",
        "unsloth",
        "zai",
    }
)
"""Words that may stand before a family, as in `meta-llama-3.1-8b` or `us.anthropic.claude-…`."""
_FILE = re.compile(r"\.(gguf|onnx|bin|safetensors)$")
_VERSION_OF_BEDROCK = re.compile(r"-v\d+:\d+$")
_SEPARATORS = re.compile(r"[\s_.:@]+")
_QUANTISATION = re.compile(
    r"-(?:i?q\d+(?:-(?:[0-9]|[ks]|xxs|xs|m|l|xl))*|ud|qat|gguf|mlx|awq|gptq|exl2|onnx|bnb|hf|w\d+a\d+"
    r"|(?:nv|mx)?fp\d+|bf\d+|int\d+|\d+bit|turbo)(?=-|$)"
)
"""How weights are stored, and `-turbo`, as hosts call a faster copy of open weights."""
_POINT_AS_LETTER = re.compile(r"(?<=\d)p(?=\d)")
"""Fireworks writes `glm-4p7`."""
_WORD_BEFORE_NUMBER = re.compile(r"(?<![a-z0-9])([a-z]+)(?=\d)")
_INSTRUCT = re.compile(r"-instruct(?=-|$)")
_NEUTRAL = re.compile(
    r"(?:-(?:it|latest|preview|beta|exp|00\d|v-\d"
    r"|20\d\d-?\d\d-?\d\d|\d\d-20\d\d|\d\d-\d\d|\d{4}))*"
)
"""What may follow a family without making another of it, dates above all."""
_KEPT = frozenset({"gpt-4-turbo"})


def canonical(name: str) -> str:
    """Write a name in lower case, with hyphens, its numbers apart, and without tags of storage."""
    text = name.lower().rsplit("/", 1)[-1]
    text = _VERSION_OF_BEDROCK.sub("", _FILE.sub("", text))
    text = _SEPARATORS.sub("-", _POINT_AS_LETTER.sub(".", text))
    if not any(text.startswith(kept) for kept in _KEPT):
        text = _QUANTISATION.sub("", text)
    text = _INSTRUCT.sub("", text)
    return _WORD_BEFORE_NUMBER.sub(r"\1-", text).strip("-")


def possible_families(name: str) -> Iterator[str]:
    """Yield what of a name may be its family, longest first; the rest must say nothing new."""
    words = canonical(name).split("-")
    while words and words[0] in _VENDORS:
        words = words[1:]
    for length in range(len(words), 0, -1):
        rest = "".join(f"-{word}" for word in words[length:])
        if _NEUTRAL.fullmatch(rest):
            yield "-".join(words[:length])
