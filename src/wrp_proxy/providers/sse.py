"""Server-sent events, cut as bytes (WHATWG HTML, 9.2 Server-sent events)."""

import re

_EVENT = re.compile(rb"(?:[^\r\n]+(?>\r\n|\n|\r))*+(?>\r\n|\n|\r)")
"""Lines with something in them, then a blank one."""
_BLANK_LINES = (b"\n\n", b"\r\r", b"\n\r")
"""No event ends without one of these."""
_LINE_BREAK = re.compile(rb"\r\n|\n|\r")
_BOM = b"\xef\xbb\xbf"


class EventCutter:
    """Hold back the last, unfinished event of a byte stream.

    Only CR, LF and CRLF break lines; a UTF-8 character may be split between pieces. A carriage
    return at the end of a piece may be half of a line break, so it waits for the next byte.
    """

    def __init__(self, max_event_bytes: int = 8 * 1024 * 1024) -> None:
        self._rest = bytearray()
        self._max_event_bytes = max_event_bytes
        self._at_start = True

    def feed(self, piece: bytes) -> bytes:
        """Return the events completed by `piece`; raise ValueError when one grows too long."""
        if self._rest and not self._at_start and self._completes_nothing(piece):
            self._rest += piece
            pending, end = b"", 0
        else:
            pending = bytes(self._rest) + piece if self._rest else piece
            if self._at_start:
                pending = self._without_bom(pending)
            end = _end_of_events(pending)
            self._rest = bytearray(pending[end:])
        if len(self._rest) > self._max_event_bytes:
            raise ValueError("an event of the stream is too long")
        return pending[:end]

    def close(self) -> bytes:
        """Return what has been held back."""
        rest, self._rest = bytes(self._rest), bytearray()
        return rest

    def _completes_nothing(self, piece: bytes) -> bool:
        """Spare a long event being read anew with each of its pieces."""
        window = (b"\n" + self._rest)[-3:] + piece  # an event begins after a line break
        return not any(blank in window for blank in _BLANK_LINES)

    def _without_bom(self, pending: bytes) -> bytes:
        if len(pending) < len(_BOM):
            return pending
        self._at_start = False
        return pending.removeprefix(_BOM)


def split_events(block: bytes) -> list[bytes]:
    """Split whole events, each with its closing blank line; a blank line alone is one, too."""
    events = []
    start = 0
    while match := _EVENT.match(block, start):
        events.append(match[0])
        start = match.end()
    return events


def ended(rest: bytes) -> bytes:
    """Give a last event the blank line that it may lack at the end of a stream."""
    return rest if is_whole(rest) else rest + b"\n\n"


def is_whole(block: bytes) -> bool:
    """Tell whether nothing but whole events is in it."""
    return b"".join(split_events(block)) == block


def data_of(event: bytes) -> bytes:
    """Join the data lines of an event; empty for comments and other fields."""
    if event.startswith(b"data: ") and event.find(b"\n") == len(event) - 2 and b"\r" not in event:
        return event[6:-2]
    lines = [line for line in _LINE_BREAK.split(event) if line.startswith(b"data:")]
    return b"\n".join(line[5:].removeprefix(b" ") for line in lines)


def _end_of_events(pending: bytes) -> int:
    if b"\r" not in pending:
        end = pending.rfind(b"\n\n") + 2
        return end if end > 1 else len(pending) - len(pending.lstrip(b"\n"))
    whole = pending[:-1] if pending.endswith(b"\r") else pending
    return sum(map(len, split_events(whole)))
