"""Parts become blocks; none is dropped without a word."""

import base64
from typing import Any

import pytest

from tests.unit.providers.anthropic.messages import TEXT, blocks_of
from wrp_proxy.errors import RequestError


def data_url(media_type: str, content: bytes = b"content") -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


ENCODED = base64.b64encode(b"content").decode()


def inline(media_type: str) -> dict[str, str]:
    return {"type": "base64", "media_type": media_type, "data": ENCODED}


def test_texts_keep_their_marks_and_their_order() -> None:
    mark = {"cache_control": {"type": "ephemeral"}}

    blocks = blocks_of("a", {"type": "text", "text": "b", **mark}, {"type": "text", "text": TEXT})

    assert blocks == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b", **mark},
        {"type": "text", "text": TEXT},
    ]


def test_blank_texts_are_left_out() -> None:
    blocks = blocks_of({"type": "text", "text": " \n"}, "", {"type": "text", "text": "a"})

    assert blocks == [{"type": "text", "text": "a"}]


@pytest.mark.parametrize(
    ("image", "source"),
    [
        (
            {"url": "https://lab/a.png", "detail": "high"},
            {"type": "url", "url": "https://lab/a.png"},
        ),
        ("https://lab/a.png", {"type": "url", "url": "https://lab/a.png"}),
        ({"url": data_url("image/png")}, inline("image/png")),
        ({"url": data_url("IMAGE/PNG")}, inline("image/png")),
        ({"url": data_url("image/webp;name=a%20b")}, inline("image/webp")),
        ({"url": "data:image/gif,cont%65nt"}, inline("image/gif")),
    ],
)
def test_images_are_named_or_sent_along(image: Any, source: dict[str, str]) -> None:
    blocks = blocks_of({"type": "image_url", "image_url": image, "cache_control": {"type": "e"}})

    assert blocks == [{"type": "image", "source": source, "cache_control": {"type": "e"}}]


@pytest.mark.parametrize(
    ("file", "block"),
    [
        (
            {"file_data": data_url("application/pdf"), "filename": "a.pdf"},
            {"type": "document", "source": inline("application/pdf"), "title": "a.pdf"},
        ),
        ({"file_data": ENCODED}, {"type": "document", "source": inline("application/pdf")}),
        (
            {"file_data": ENCODED, "filename": "a.md"},
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": "content"},
                "title": "a.md",
            },
        ),
        (
            {"file_data": data_url("text/csv", TEXT.encode())},
            {
                "type": "document",
                "source": {"type": "text", "media_type": "text/plain", "data": TEXT},
            },
        ),
        (
            {"file_data": data_url("image/png"), "filename": "a.png"},
            {"type": "image", "source": inline("image/png")},
        ),
        (
            {"file_id": "file_1"},
            {"type": "document", "source": {"type": "file", "file_id": "file_1"}},
        ),
        (
            {"file_url": "https://lab/a.pdf"},
            {"type": "document", "source": {"type": "url", "url": "https://lab/a.pdf"}},
        ),
    ],
)
def test_files_are_documents(file: dict[str, str], block: dict[str, Any]) -> None:
    assert blocks_of({"type": "file", "file": file}) == [block]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "document", "source": {"type": "file", "file_id": "f"}, "citations": {}},
        {"type": "search_result", "title": "t", "content": []},
        {"type": "not_known_yet", "x": {"y": 1}},
    ],
)
def test_other_blocks_go_as_they_are(part: dict[str, Any]) -> None:
    assert blocks_of(part) == [part]


@pytest.mark.parametrize(
    "part",
    [
        7,
        {},
        {"type": []},
        {"type": "text"},
        {"type": "text", "text": 7},
        {"type": "image_url"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64"}},
        {"type": "file", "file": {}},
        {"type": "file", "file": {"file_data": data_url("application/msword")}},
        {"type": "file", "file": {"file_data": data_url("text/plain", b"\xff")}},
        {"type": "file", "file": {"file_data": "data:text/plain;base64,%%%"}},
        {"type": "input_audio", "input_audio": {"data": "", "format": "wav"}},
        {"type": "video_url", "video_url": {"url": "https://lab/a.mp4"}},
    ],
)
def test_a_part_that_cannot_be_read_is_named(part: Any) -> None:
    with pytest.raises(RequestError) as raised:
        blocks_of({"type": "text", "text": "a"}, part)

    assert raised.value.param == "messages[0].content[1]"
