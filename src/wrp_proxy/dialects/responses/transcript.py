"""Turns what a chat upstream says, delta by delta, into output items."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from wrp_proxy.dialects.responses.call_item import CallItem
from wrp_proxy.dialects.responses.deltas import Delta, Fragment
from wrp_proxy.dialects.responses.events import Events, Place
from wrp_proxy.dialects.responses.message_item import MessageItem
from wrp_proxy.dialects.responses.reasoning_item import ReasoningItem
from wrp_proxy.dialects.responses.tools import Tool


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    id: str | None
    """As the upstream said."""
    item: CallItem


class Transcript:
    """Items stand in the order in which they begin.

    One that speaks or thinks ends when something else begins; calls may interleave, so they
    end when the answer does.
    """

    def __init__(
        self,
        *,
        events: Events,
        tools: Mapping[str, Tool],
        seals: bool,
        make_id: Callable[[], str],
    ) -> None:
        """`tools` are the client's, by their names in chat; `seals` is for ReasoningItem."""
        self._events = events
        self._tools = tools
        self._seals = seals
        self._make_id = make_id
        self._begun = 0
        self._speaker: MessageItem | ReasoningItem | None = None
        self._open: dict[int, MessageItem | ReasoningItem | CallItem] = {}
        self._done: dict[int, dict[str, Any]] = {}
        self._calls: dict[int | None, _Call] = {}

    @property
    def output(self) -> list[dict[str, Any]]:
        """The items that are done."""
        return [self._done[index] for index in sorted(self._done)]

    def take(self, delta: Delta) -> None:
        if delta.thought:
            self._reasoning().think(delta.thought)
        if delta.thinking_blocks:
            self._reasoning().sign(delta.thinking_blocks)
        if delta.text:
            self._message().say(delta.text, delta.logprobs)
        if delta.refusal:
            self._message().refuse(delta.refusal)
        for annotation in delta.annotations:
            self._message().annotate(annotation)
        for fragment in delta.calls:
            self._take_fragment(fragment)

    def close(self, *, is_complete: bool) -> None:
        """End what is open; an answer that was cut off was so in its last item."""
        if is_complete and not self._says_anything():
            self._message()
        for index in sorted(self._open):
            is_cut_off = index == self._begun - 1 and not is_complete
            item = self._open.pop(index)
            self._done[index] = item.close("incomplete" if is_cut_off else "completed")
        self._speaker = None
        self._calls.clear()

    def _says_anything(self) -> bool:
        is_spoken = any(not isinstance(item, ReasoningItem) for item in self._open.values())
        return is_spoken or any(item["type"] != "reasoning" for item in self._done.values())

    def _message(self) -> MessageItem:
        if not isinstance(self._speaker, MessageItem):
            self._hush()
            self._speaker = MessageItem(self._place("msg"))
            self._open[self._begun - 1] = self._speaker
        return self._speaker

    def _reasoning(self) -> ReasoningItem:
        if not isinstance(self._speaker, ReasoningItem):
            self._hush()
            self._speaker = ReasoningItem(self._place("rs"), seals=self._seals)
            self._open[self._begun - 1] = self._speaker
        return self._speaker

    def _hush(self) -> None:
        """End the item that speaks, which is the last: something else begins."""
        if self._speaker is not None:
            index = self._begun - 1
            self._done[index] = self._open.pop(index).close("completed")
            self._speaker = None

    def _take_fragment(self, fragment: Fragment) -> None:
        call = self._calls.get(fragment.index)
        if call is None or _begins_another(fragment, call):
            call = self._calls[fragment.index] = self._begin_call(fragment)
        call.item.feed(fragment.arguments)

    def _begin_call(self, fragment: Fragment) -> _Call:
        self._hush()
        tool = self._tools.get(fragment.name) or Tool(kind="function", name=fragment.name)
        place = self._place("ctc" if tool.kind == "custom" else "fc")
        item = CallItem(place, tool, fragment.id or f"call_{self._make_id()}")
        self._open[place.output_index] = item
        return _Call(id=fragment.id, item=item)

    def _place(self, prefix: str) -> Place:
        item_id = f"{prefix}_{self._make_id()}"
        self._begun += 1
        return Place(events=self._events, output_index=self._begun - 1, item_id=item_id)


def _begins_another(fragment: Fragment, call: _Call) -> bool:
    """Some servers give every call the same index, or none."""
    if not fragment.name:
        return False
    return fragment.id != call.id if fragment.id else fragment.index is None
