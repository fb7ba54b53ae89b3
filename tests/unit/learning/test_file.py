"""The file is whole, or it is set aside."""

from pathlib import Path
from zlib import crc32

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.learning.nouns import batch
from wrp_proxy.learning import file as module
from wrp_proxy.learning.file import Kept, LearningFile, Piece, Saved, encoded
from wrp_proxy.learning.packing import pack

PIECES: list[Piece] = [
    Saved(1000.0),
    Kept("auto/sums", {"key": pack([1.0, 2.0], 1000.0)}, [batch()]),
    Kept("gone/sums", {}, [], missing_since=900.0),
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "learning.msgpack"


def test_what_is_written_is_read(path: Path) -> None:
    LearningFile(path).write(list(map(encoded, PIECES)))
    LearningFile(path).write(list(map(encoded, PIECES)))

    assert LearningFile(path).read() == PIECES
    assert path.stat().st_mode & 0o777 == 0o600
    assert [file.name for file in path.parent.iterdir()] == [path.name]


def test_without_a_file_nothing_was_learnt(path: Path) -> None:
    assert LearningFile(path).read() == []


@pytest.mark.parametrize(
    "body",
    [b"", b"junk", msgspec.msgpack.encode([b"junk"]), msgspec.msgpack.encode({"a": 1})],
    ids=["empty", "junk", "a-piece-of-junk", "another-shape"],
)
def test_a_body_of_another_shape_is_set_aside(path: Path, body: bytes) -> None:
    path.parent.mkdir()
    path.write_bytes(b"wrp-proxy learning 1\n" + crc32(body).to_bytes(4) + body)

    assert LearningFile(path).read() == []

    assert not path.exists()
    assert path.with_name("learning.msgpack.set-aside").exists()


@given(st.data())
def test_any_damage_is_noticed(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("damaged") / "file"
    LearningFile(path).write(list(map(encoded, PIECES)))
    raw = bytearray(path.read_bytes())
    place = data.draw(st.integers(0, len(raw) - 1))
    raw[place] ^= data.draw(st.integers(1, 255))
    path.write_bytes(raw)

    assert LearningFile(path).read() == []


def test_a_file_that_would_be_too_large_leaves_the_old_one(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    LearningFile(path).write([encoded(PIECES[0])])
    monkeypatch.setattr(module, "_MOST_BYTES", 100)

    with pytest.raises(OSError, match="more than 100 bytes"):
        LearningFile(path).write([bytes(200)])

    assert LearningFile(path).read() == [PIECES[0]]


def test_a_file_that_is_too_large_is_not_read(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    LearningFile(path).write([bytes(300)])
    monkeypatch.setattr(module, "_MOST_BYTES", 100)

    assert LearningFile(path).read() == []
    assert not path.exists()
