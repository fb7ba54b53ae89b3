"""Images, documents and the like find their part, or are named where there is none."""

from typing import Any

import pytest

from tests.unit.dialects.messages.asking import asked, chat, chat_messages, native_only, text, user
from wrp_proxy.errors import RequestError


def image(**source: Any) -> dict[str, Any]:
    return {"type": "image", "source": source}


def document(source: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"type": "document", "source": source, **more}


PDF = {"type": "base64", "media_type": "application/pdf", "data": "JVBERg=="}


@pytest.mark.parametrize(
    ("source", "url"),
    [
        (
            {"type": "base64", "media_type": "image/webp", "data": "aGk="},
            "data:image/webp;base64,aGk=",
        ),
        ({"type": "url", "url": "https://x.example/a.png"}, "https://x.example/a.png"),
    ],
)
def test_an_image_becomes_a_url(source: dict[str, Any], url: str) -> None:
    body = asked(user(image(**source)))

    assert chat(body)["messages"][0]["content"] == [
        {"type": "image_url", "image_url": {"url": url}}
    ]
    assert native_only(body) is None


def test_a_pdf_becomes_a_file() -> None:
    content = chat_messages(user(document(PDF), text("Sum up.")))[0]["content"]

    file = {"filename": "document.pdf", "file_data": "data:application/pdf;base64,JVBERg=="}
    assert content == [{"type": "file", "file": file}, text("Sum up.")]


def test_a_pdf_keeps_its_title_and_its_context() -> None:
    content = chat_messages(user(document(PDF, title="Deed", context="From 1802")))[0]["content"]

    assert content[:2] == [text("Deed"), text("From 1802")]
    assert content[2]["file"]["filename"] == "Deed"


def test_a_document_of_text_becomes_text() -> None:
    source = {"type": "text", "media_type": "text/plain", "data": "Once upon a time"}

    content = chat_messages(user(document(source, title="Tale")))[0]["content"]

    assert content == "Tale\n\nOnce upon a time"


def test_a_document_of_blocks_becomes_its_parts() -> None:
    photo = image(type="url", url="https://x.example/a.png")
    source = {"type": "content", "content": [text("One"), photo]}

    content = chat_messages(user(document(source)))[0]["content"]

    assert content == [
        text("One"),
        {"type": "image_url", "image_url": {"url": "https://x.example/a.png"}},
    ]


def test_a_search_result_becomes_text() -> None:
    found = {
        "type": "search_result",
        "title": "Ulm",
        "source": "https://x.example",
        "content": [text("A city"), text("in Swabia")],
    }

    content = chat_messages(user(found))[0]["content"]

    assert content == "Ulm\nhttps://x.example\nA city\n\nin Swabia"


def test_a_reference_to_a_tool_becomes_text() -> None:
    content = chat_messages(user({"type": "tool_reference", "tool_name": "weather"}))[0]["content"]

    assert content == "[The tool weather is available]"


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        (image(type="file", file_id="f1"), "the image whose source is 'file'"),
        (image(type=["url"]), "the image whose source is ''"),
        ({"type": "image"}, "the image whose source is ''"),
        (document({"type": "url", "url": "https://x"}), "the document whose source is 'url'"),
        (document({"type": "file", "file_id": "f1"}), "the document whose source is 'file'"),
        ({"type": "container_upload", "file_id": "f1"}, "the content block 'container_upload'"),
        ({"type": "compaction", "content": "so far"}, "the content block 'compaction'"),
        (
            {"type": "tool_result", "tool_use_id": "t", "content": [image(type="file")]},
            "the image whose source is 'file'",
        ),
        (
            document({"type": "content", "content": [image(type="file")]}),
            "the image whose source is 'file'",
        ),
    ],
)
def test_what_has_no_part_is_named(block: dict[str, Any], reason: str) -> None:
    assert native_only(asked(user(block, text("?")))) == reason


@pytest.mark.parametrize(
    ("block", "field"),
    [
        (image(type="base64", data=5), "source.data"),
        (image(type="url"), "source.url"),
        (document({"type": "base64"}), "source.data"),
        (document({"type": "text"}), "source.data"),
        (document({"type": "content"}), "source.content"),
        ({"type": "tool_reference"}, "tool_name"),
        ({"type": "search_result", "content": 5}, "content"),
    ],
)
def test_a_malformed_block_is_refused_by_name(block: dict[str, Any], field: str) -> None:
    with pytest.raises(RequestError) as refusal:
        chat(asked(user(block)))

    assert refusal.value.param == f"messages[0].content[0].{field}"
