"""Is it the JSON that was asked for?"""

import msgspec

from wrp_proxy.verifiers.base import (
    NOT_APPLICABLE,
    PASSES,
    Answer,
    Question,
    Verdict,
    inside,
    refused,
)
from wrp_proxy.verifiers.schema import is_valid


class JsonSchema:
    """Measure the text by the `response_format`: JSON, and as its schema says if it has one."""

    weight = 0.9

    def verify(self, question: Question, answer: Answer, threshold: float | None) -> Verdict:
        wanted = inside(question.body, "response_format")
        kind = wanted.get("type")
        if kind not in {"json_schema", "json_object"} or (answer.calls and not answer.text):
            return NOT_APPLICABLE
        try:
            value = msgspec.json.decode(answer.text)
        except (ValueError, RecursionError):
            return refused("no JSON")
        if kind == "json_object":
            return PASSES if isinstance(value, dict) else refused("no JSON object")
        valid = is_valid(value, inside(inside(wanted, "json_schema"), "schema"))
        if valid is None:
            return NOT_APPLICABLE
        return PASSES if valid else refused("not as the schema says")
