"""Content blocks, put into the words of chat completions.

`cache_control` is left out: upstreams that check strictly refuse a part with a field they do not
know, and those that only have chat completions cache by themselves.
"""

from collections.abc import Callable, Mapping
from typing import Any, TypeGuard

import msgspec

from wrp_proxy.dialects.messages.fields import Block, blocks_in, kind_of, object_in, text_in
from wrp_proxy.dialects.messages.native import is_server_block

Part = dict[str, Any]

_BETWEEN_TEXTS = "\n\n"


def parts_of(block: Block, param: str) -> list[Part]:
    """Translate a block of a user's message; none for what has no words in chat completions."""
    if translate := _PARTS.get(block["type"]):
        return translate(block, param)
    return [text_part(report_of(block))] if is_server_block(block["type"]) else []


def text_part(text: str) -> Part:
    return {"type": "text", "text": text}


def content_of(parts: list[Part]) -> str | list[Part]:
    """Return text alone as a plain string, which every upstream takes."""
    if all(part["type"] == "text" for part in parts):
        return _BETWEEN_TEXTS.join(part["text"] for part in parts)
    return parts


def text_of(content: object, param: str) -> str:
    """Join the texts of a content that can have nothing else."""
    blocks = blocks_in(content, param)
    texts = (text_in(block, "text", f"{param}[{place}]") for place, block in enumerate(blocks))
    return _BETWEEN_TEXTS.join(texts)


def report_of(block: Block) -> str:
    """Tell in words what a tool of Anthropic's own was asked, or found."""
    if "input" in block:
        return f"[The tool {block.get('name')} was called with {_as_json(block['input'])}]"
    return f"[{block['type']}: {_as_json(_legible(block.get('content')))}]"


def _legible(content: object) -> object:
    """Leave out what only Anthropic can read."""
    if isinstance(content, list):
        return [_legible(item) for item in content]
    if isinstance(content, dict):
        return {name: value for name, value in content.items() if "encrypted" not in name}
    return content


def _as_json(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _text(block: Block, param: str) -> list[Part]:
    return [text_part(text_in(block, "text", param))]


def _image(block: Block, param: str) -> list[Part]:
    source = object_in(block, "source")
    if kind_of(source) not in {"base64", "url"}:
        return []
    url = _address_of(source, f"{param}.source", "image/png")
    return [{"type": "image_url", "image_url": {"url": url}}]


def _document(block: Block, param: str) -> list[Part]:
    source = object_in(block, "source")
    param = f"{param}.source"
    title, context = block.get("title"), block.get("context")
    about = [text_part(said) for said in (title, context) if _is_text(said)]
    kind = kind_of(source)
    if kind == "text":
        return [*about, text_part(text_in(source, "data", param))]
    if kind == "content":
        return [*about, *parts_in(source.get("content"), f"{param}.content")]
    if kind != "base64":
        return about
    address = _address_of(source, param, "application/pdf")
    name = title if _is_text(title) else "document.pdf"
    return [*about, {"type": "file", "file": {"filename": name, "file_data": address}}]


def parts_in(content: object, param: str) -> list[Part]:
    """Translate blocks within a block."""
    blocks = blocks_in(content, param)
    return [
        part for place, block in enumerate(blocks) for part in parts_of(block, f"{param}[{place}]")
    ]


def _search_result(block: Block, param: str) -> list[Part]:
    about = [said for name in ("title", "source") if _is_text(said := block.get(name))]
    found = text_of(block.get("content", []), f"{param}.content")
    return [text_part("\n".join([*about, found]))]


def _tool_reference(block: Block, param: str) -> list[Part]:
    return [text_part(f"[The tool {text_in(block, 'tool_name', param)} is available]")]


def _address_of(source: Mapping[str, Any], param: str, usual_type: str) -> str:
    if source["type"] == "url":
        return text_in(source, "url", param)
    media_type = source.get("media_type") or usual_type
    return f"data:{media_type};base64,{text_in(source, 'data', param)}"


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and bool(value)


_PARTS: Mapping[str, Callable[[Block, str], list[Part]]] = {
    "text": _text,
    "image": _image,
    "document": _document,
    "search_result": _search_result,
    "tool_reference": _tool_reference,
}
