"""The older completions: choices have a text, whole or in parts."""

from collections.abc import Iterator

from wrp_proxy.cache.answers.rules import check_text
from wrp_proxy.cache.answers.telling import spoken
from wrp_proxy.cache.answers.words import Fields


class TextWords:
    whole = "text_completion"
    chunk = "text_completion"

    def take(self, choice: Fields) -> Fields:
        return {"text": choice.pop("text", None)}

    def put(self, said: Fields) -> Fields:
        return said

    def check(self, choice: Fields) -> None:
        check_text(choice.get("text"))

    def tell(self, choice: Fields) -> Iterator[Fields]:
        for piece, beside in spoken(choice.pop("text"), choice):
            yield {"text": piece, **beside}
        yield {"text": ""}
