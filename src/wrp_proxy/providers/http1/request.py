"""A call in the form of RFC 9112."""

from urllib.parse import SplitResult, urlsplit

from wrp_proxy.errors import DisconnectedError
from wrp_proxy.providers.upstream import Call, Headers

_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE"})
_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int]
"""Scheme, host, port."""


def split_url(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:
        raise DisconnectedError("The upstream could not be reached.") from error


def origin_of(url: SplitResult) -> Origin:
    """Raise DisconnectedError for what has no origin that HTTP can be spoken to."""
    try:
        host, port = url.hostname, url.port or _PORTS.get(url.scheme)
    except ValueError as error:
        raise DisconnectedError("The upstream could not be reached.") from error
    if not host or not port or url.scheme not in _PORTS:
        raise DisconnectedError("The upstream could not be reached.")
    return url.scheme, host, port


def encode_call(call: Call, url: SplitResult) -> bytes:
    """Write the request; refuse whatever could smuggle a header or another request."""
    target = f"{url.path or '/'}?{url.query}" if url.query else url.path or "/"
    if " " in target or not target.isprintable():
        raise ValueError("the URL has a blank or a control character")
    host = url.netloc.rpartition("@")[2]
    lines = [f"{call.method} {target} HTTP/1.1".encode("ascii"), f"host: {host}".encode("ascii")]
    lines += [b"%b: %b" % header for header in call.headers]
    if call.body or call.method not in _WITHOUT_BODY:
        lines.append(b"content-length: %d" % len(call.body))
    head = b"\r\n".join(lines)
    if head.count(b"\r") != len(lines) - 1 or head.count(b"\n") != len(lines) - 1:
        refuse_line_breaks(call.headers)
    return b"%b\r\n\r\n%b" % (head, call.body)


def refuse_line_breaks(headers: Headers) -> None:
    for name, value in headers:
        if b"\r" in value or b"\n" in value:
            raise ValueError(f"header {name.decode()} has a line break")
