"""How a call is written, and whom the client trusts."""

from urllib.parse import urlsplit

import pytest

from wrp_proxy.providers.http1.client import make_tls_context
from wrp_proxy.providers.http1.request import encode_call
from wrp_proxy.providers.upstream import Call


@pytest.mark.parametrize(
    ("url", "target", "host"),
    [
        ("http://lab", b"/", b"lab"),
        ("http://lab/", b"/", b"lab"),
        ("http://lab:8000/v1/chat", b"/v1/chat", b"lab:8000"),
        ("http://lab/v1?api-version=1&b=%20", b"/v1?api-version=1&b=%20", b"lab"),
        ("http://user:secret@lab:80/v1", b"/v1", b"lab:80"),
        ("http://[::1]:8000/v1", b"/v1", b"[::1]:8000"),
    ],
)
def test_a_call_names_its_target_and_its_host(url: str, target: bytes, host: bytes) -> None:
    written = encode_call(Call(url=url, headers=[]), urlsplit(url))

    assert written == b"POST %b HTTP/1.1\r\nhost: %b\r\ncontent-length: 0\r\n\r\n" % (target, host)


def test_a_call_is_written_with_its_headers_and_its_body() -> None:
    call = Call(url="http://lab/v1", headers=[(b"a", b"1"), (b"b", b"\xff")], body=b"body")

    written = encode_call(call, urlsplit(call.url))

    assert written.endswith(b"\r\na: 1\r\nb: \xff\r\ncontent-length: 4\r\n\r\nbody")


def test_a_call_may_be_of_another_method() -> None:
    call = Call(url="http://lab/v1/models", headers=[], method="GET")

    written = encode_call(call, urlsplit(call.url))

    assert written == b"GET /v1/models HTTP/1.1\r\nhost: lab\r\n\r\n"


@pytest.mark.parametrize("url", ["http://lab/a b", "http://lab/a?b c", "http://lab/\x00"])
def test_an_address_that_could_smuggle_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="blank or a control character"):
        encode_call(Call(url=url, headers=[]), urlsplit(url))


def test_servers_are_verified_against_some_authority() -> None:
    context = make_tls_context()

    assert context.check_hostname
    assert context.cert_store_stats()["x509_ca"] > 0
