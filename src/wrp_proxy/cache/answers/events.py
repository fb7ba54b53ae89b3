"""Server-sent events, whole streams of them (WHATWG HTML, 9.2 Server-sent events)."""

from wrp_proxy.cache.answers.rules import UnfitError

DONE = b"[DONE]"
MAX_PIECE_BYTES = 32 * 1024
_BOM = b"\xef\xbb\xbf"


def payloads(stream: bytes) -> list[bytes]:
    """Return the data of each event that has any; raise UnfitError where the last is cut off."""
    text = stream.removeprefix(_BOM)
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    *lines, rest = text.split(b"\n")
    found: list[bytes] = []
    data: list[bytes] = []
    for line in lines:
        if line[:5] == b"data:":
            data.append(line[6:] if line[5:6] == b" " else line[5:])
        elif not line and data:
            found.append(b"\n".join(data))
            data = []
    if data or rest:
        raise UnfitError("cut off")
    return found


def in_pieces(stream: bytes) -> list[bytes]:
    """Cut a stream between its events; a longer one stays whole."""
    pieces, start = [], 0
    while len(stream) - start > MAX_PIECE_BYTES:
        end = stream.rfind(b"\n\n", start, start + MAX_PIECE_BYTES)
        end = stream.find(b"\n\n", start) if end < 0 else end
        if end < 0:
            break
        pieces.append(stream[start : end + 2])
        start = end + 2
    return [*pieces, stream[start:]] if start < len(stream) else pieces
