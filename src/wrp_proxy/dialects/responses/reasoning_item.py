"""The output items that tell what a model thought."""

from collections.abc import Sequence
from typing import Any

from wrp_proxy.dialects.responses.events import Place
from wrp_proxy.dialects.responses.thinking import seal


class ReasoningItem:
    """What the model thought, told as a summary, for that is what clients show."""

    def __init__(self, place: Place, *, seals: bool) -> None:
        """`seals`: the client asked for what it can give back at its next turn."""
        self._place = place
        self._seals = seals
        self._texts: list[str] = []
        self._blocks: list[Any] = []
        place.add(self._item([]))

    def think(self, text: str) -> None:
        if not self._texts:
            part = {"type": "summary_text", "text": ""}
            self._place.tell("reasoning_summary_part.added", summary_index=0, part=part)
        self._texts.append(text)
        self._place.tell("reasoning_summary_text.delta", summary_index=0, delta=text)

    def sign(self, blocks: Sequence[Any]) -> None:
        """Take signed thinking, which is worthless unless it comes back as it is."""
        self._blocks += blocks

    def close(self, status: str) -> dict[str, Any]:
        text = "".join(self._texts)
        summary = [{"type": "summary_text", "text": text}] if text else []
        if text:
            self._place.tell("reasoning_summary_text.done", summary_index=0, text=text)
            self._place.tell("reasoning_summary_part.done", summary_index=0, part=summary[0])
        item = self._item(summary)
        if self._seals or self._blocks:
            item["encrypted_content"] = seal(text, self._blocks)
        return self._place.finish(item)

    def _item(self, summary: list[dict[str, str]]) -> dict[str, Any]:
        return {"id": self._place.item_id, "type": "reasoning", "summary": summary}
