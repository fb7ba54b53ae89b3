"""Server-sent events, whole streams of them (WHATWG HTML, 9.2 Server-sent events)."""

_BOM = b"\xef\xbb\xbf"


def payloads_of(stream: bytes) -> tuple[list[bytes], bool]:
    """Return the data of each event that has any, and whether the last event is whole."""
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
    return found, not data and not rest
