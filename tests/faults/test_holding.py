"""Start-up chunks are held back until real output, up to a limit."""

from collections.abc import Callable, Iterator, Sequence

import httpx
import pytest

from tests import answers
from tests.faults.laboratory import Laboratory
from tests.faults.ways import Door
from tests.faults.words import WORDS

_NATIVE = [
    Door(api=api, upstream_api=api, stream=True) for api in ("chat", "messages", "responses")
]
_LONG = b": " + b"." * (260 * 1024) + b"\n\n"
Begun = Callable[..., httpx.Response]
native = pytest.mark.parametrize("door", _NATIVE, ids=lambda door: door.name)


@pytest.fixture
def begun(lab: Laboratory) -> Iterator[Begun]:
    """Have the upstream begin a stream and break off; ask where a second model could answer."""
    usual = lab.upstream.answer

    def ask(door: Door, *more: bytes) -> httpx.Response:
        lab.upstream.answer = answers.stream([*_opening(door), *more], end=False)
        return lab.ask(lab.patient, door, f"{door.upstream_api}-here-or-second", "Hello")

    yield ask
    lab.upstream.answer = usual


@native
def test_a_short_beginning_without_content_is_never_seen(begun: Begun, door: Door) -> None:
    reply = begun(door, *_opening(door))

    assert reply.status_code == 200
    assert door.text(reply) == "From the second"
    assert reply.headers["x-wrp-attempts"] == "2"


@native
def test_a_beginning_too_long_to_be_held_goes_out_and_cannot_be_mended(
    begun: Begun, door: Door
) -> None:
    reply = begun(door, _LONG)

    assert reply.content.startswith(b"".join([*_opening(door), _LONG]))
    assert "upstream_disconnected" in str(door.error(reply)) or door.api == "messages"
    assert not door.is_complete(reply)


def _opening(door: Door) -> Sequence[bytes]:
    return WORDS[door.upstream_api].opening
