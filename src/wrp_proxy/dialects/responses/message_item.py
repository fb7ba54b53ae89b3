"""The output items that say something."""

from collections.abc import Sequence
from typing import Any

from wrp_proxy.dialects.responses.events import Place


class TextPart:
    """A part of a message that holds text, with what belongs to it."""

    def __init__(self, place: Place, content_index: int) -> None:
        self._place = place
        self._content_index = content_index
        self._texts: list[str] = []
        self._logprobs: list[Any] = []
        self._annotations: list[Any] = []
        self._tell("content_part.added", part=self._part())

    def say(self, text: str, logprobs: Sequence[Any]) -> None:
        self._texts.append(text)
        self._logprobs += logprobs
        self._tell("output_text.delta", delta=text, logprobs=logprobs)

    def annotate(self, annotation: Any) -> None:
        index = len(self._annotations)
        self._annotations.append(annotation)
        self._tell("output_text.annotation.added", annotation_index=index, annotation=annotation)

    def close(self) -> dict[str, Any]:
        part = self._part()
        self._tell("output_text.done", text=part["text"], logprobs=self._logprobs)
        self._tell("content_part.done", part=part)
        return part

    def _part(self) -> dict[str, Any]:
        return {
            "type": "output_text",
            "annotations": [*self._annotations],
            "logprobs": [*self._logprobs],
            "text": "".join(self._texts),
        }

    def _tell(self, kind: str, **fields: Any) -> None:
        self._place.tell(kind, content_index=self._content_index, **fields)


class RefusalPart:
    """A part of a message that says no."""

    def __init__(self, place: Place, content_index: int) -> None:
        self._place = place
        self._content_index = content_index
        self._texts: list[str] = []
        self._tell("content_part.added", part={"type": "refusal", "refusal": ""})

    def say(self, text: str) -> None:
        self._texts.append(text)
        self._tell("refusal.delta", delta=text)

    def close(self) -> dict[str, Any]:
        refusal = "".join(self._texts)
        part = {"type": "refusal", "refusal": refusal}
        self._tell("refusal.done", refusal=refusal)
        self._tell("content_part.done", part=part)
        return part

    def _tell(self, kind: str, **fields: Any) -> None:
        self._place.tell(kind, content_index=self._content_index, **fields)


class MessageItem:
    """What the assistant says: parts of text and of refusal, one after the other."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._content: list[dict[str, Any]] = []
        self._part: TextPart | RefusalPart | None = None
        place.add(self._item("in_progress"))

    def say(self, text: str, logprobs: Sequence[Any] = ()) -> None:
        self._text_part().say(text, logprobs)

    def annotate(self, annotation: Any) -> None:
        self._text_part().annotate(annotation)

    def refuse(self, text: str) -> None:
        if not isinstance(self._part, RefusalPart):
            self._close_part()
            self._part = RefusalPart(self._place, len(self._content))
        self._part.say(text)

    def close(self, status: str) -> dict[str, Any]:
        if self._part is None:
            self._text_part()
        self._close_part()
        return self._place.finish(self._item(status))

    def _text_part(self) -> TextPart:
        if not isinstance(self._part, TextPart):
            self._close_part()
            self._part = TextPart(self._place, len(self._content))
        return self._part

    def _close_part(self) -> None:
        if self._part is not None:
            self._content.append(self._part.close())

    def _item(self, status: str) -> dict[str, Any]:
        return {
            "id": self._place.item_id,
            "type": "message",
            "status": status,
            "content": [*self._content],
            "role": "assistant",
        }
