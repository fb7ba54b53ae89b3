"""The events of a streamed response, numbered from 0."""

from dataclasses import dataclass
from typing import Any, Protocol

from wrp_proxy.providers.responses_events import event


class Events(Protocol):
    """Takes events as they happen; `taken` returns what is to be sent of them."""

    sequence_number: int
    """Of the next event."""

    def write(self, kind: str, **fields: Any) -> None: ...

    def taken(self) -> bytes: ...


class StreamedEvents:
    def __init__(self) -> None:
        self.sequence_number = 0
        self._written: list[bytes] = []

    def write(self, kind: str, **fields: Any) -> None:
        self._written.append(event(f"response.{kind}", self.sequence_number, fields))
        self.sequence_number += 1

    def taken(self) -> bytes:
        taken = b"".join(self._written)
        self._written.clear()
        return taken


class NoEvents:
    """For plain answers, which are told whole."""

    sequence_number = 0

    def write(self, kind: str, **fields: Any) -> None:
        """Nobody listens."""

    def taken(self) -> bytes:
        return b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an output item stands, and who hears of it."""

    events: Events
    output_index: int
    item_id: str

    def tell(self, kind: str, **fields: Any) -> None:
        self.events.write(kind, item_id=self.item_id, output_index=self.output_index, **fields)

    def add(self, item: dict[str, Any]) -> None:
        self.events.write("output_item.added", output_index=self.output_index, item=item)

    def finish(self, item: dict[str, Any]) -> dict[str, Any]:
        self.events.write("output_item.done", output_index=self.output_index, item=item)
        return item
