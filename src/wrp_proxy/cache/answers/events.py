"""The events of answers that are to be kept, and streams cut between them."""

from wrp_proxy.cache.answers.rules import UnfitError
from wrp_proxy.event_stream import payloads_of

DONE = b"[DONE]"
MAX_PIECE_BYTES = 32 * 1024


def payloads(stream: bytes) -> list[bytes]:
    """Return the data of each event that has any; raise UnfitError where the last is cut off."""
    found, is_whole = payloads_of(stream)
    if not is_whole:
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
