"""The parts of a message's content, as blocks."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from wrp_proxy.errors import RequestError

Block = dict[str, Any]

_DATA_URL = re.compile(r"data:([^;,]*)(?:;[^;,=]+=[^;,]*)*(;base64)?,", re.I)
_PDF = "application/pdf"
_TEXT_TYPES = re.compile(r"text/.*|application/(json|xml|yaml|x-yaml|javascript)", re.I)


def blocks_of(content: object, where: str) -> list[Block]:
    """Translate a text or a list of parts; blank texts are left out, for they are refused."""
    if content is None:
        return []
    if isinstance(content, str):
        content = [content]
    if not isinstance(content, list):
        raise RequestError(f"{where} must be a text or a list of parts.", param=where)
    blocks = (_block(part, f"{where}[{place}]") for place, part in enumerate(content))
    return [block for block in blocks if block is not None]


def text_block(text: str) -> Block:
    return {"type": "text", "text": text}


def _block(part: object, where: str) -> Block | None:
    if isinstance(part, str):
        return text_block(part) if part.strip() else None
    kind = part.get("type") if isinstance(part, dict) else None
    if not isinstance(part, dict) or not isinstance(kind, str):
        raise RequestError(f"{where} must be an object with a type.", param=where)
    translate = _TRANSLATIONS.get(kind)
    if translate is None:
        return dict(part)
    block = translate(part, where)
    if block is not None and isinstance(part.get("cache_control"), dict):
        block["cache_control"] = part["cache_control"]
    return block


def _text(part: Mapping[str, Any], where: str) -> Block | None:
    text = part.get("text", part.get("refusal"))
    if not isinstance(text, str):
        raise RequestError(f"{where} has no text.", param=where)
    if not text.strip():
        return None
    citations = part.get("citations")
    return {**text_block(text), **({"citations": citations} if citations else {})}


def _image(part: Mapping[str, Any], where: str) -> Block:
    image = part.get("image_url")
    url = image.get("url") if isinstance(image, dict) else image
    if not isinstance(url, str):
        raise RequestError(f"{where} has no url.", param=where)
    if url[:5].lower() != "data:":
        return {"type": "image", "source": {"type": "url", "url": url}}
    media_type, content = _data_of(url, where)
    return _image_of(media_type, content)


def _file(part: Mapping[str, Any], where: str) -> Block:
    file = part.get("file")
    file = file if isinstance(file, dict) else part
    file_id, content, title = (file.get(name) for name in ("file_id", "file_data", "filename"))
    if isinstance(content, str):
        block = _document(content, title, where)
    elif isinstance(file_id, str):
        block = {"type": "document", "source": {"type": "file", "file_id": file_id}}
    elif isinstance(url := file.get("file_url"), str):
        block = {"type": "document", "source": {"type": "url", "url": url}}
    else:
        raise RequestError(f"{where} has neither file_data nor file_id.", param=where)
    if isinstance(title, str) and title and block["type"] == "document":
        block["title"] = title
    return block


def _document(content: str, title: object, where: str) -> Block:
    if content[:5].lower() != "data:":
        is_text = isinstance(title, str) and title.lower().endswith((".txt", ".md", ".csv"))
        content = f"data:{'text/plain' if is_text else _PDF};base64,{content}"
    media_type, encoded = _data_of(content, where)
    if media_type.startswith("image/"):
        return _image_of(media_type, encoded)
    if media_type == _PDF:
        source = {"type": "base64", "media_type": _PDF, "data": encoded}
    elif _TEXT_TYPES.fullmatch(media_type):
        source = {"type": "text", "media_type": "text/plain", "data": _decoded(encoded, where)}
    else:
        raise RequestError(
            f"{where} is of type '{media_type}'; PDF, text and images can be read.", param=where
        )
    return {"type": "document", "source": source}


def _image_of(media_type: str, encoded: str) -> Block:
    source = {"type": "base64", "media_type": media_type, "data": encoded}
    return {"type": "image", "source": source}


def _data_of(url: str, where: str) -> tuple[str, str]:
    """Split a data URL (RFC 2397) into its type and its content in base64."""
    found = _DATA_URL.match(url)
    if found is None:
        raise RequestError(f"{where} holds a data URL that cannot be read.", param=where)
    media_type, content = found[1].lower() or "text/plain", url[found.end() :]
    if not found[2]:
        content = base64.b64encode(unquote_to_bytes(content)).decode()
    return media_type, content


def _decoded(encoded: str, where: str) -> str:
    try:
        return base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise RequestError(f"{where} is not text in base64.", param=where) from error


def _refuse(part: Mapping[str, Any], where: str) -> Block:
    raise RequestError(f"{where}: this model cannot read '{part['type']}'.", param=where)


_TRANSLATIONS: Mapping[str, Callable[[Mapping[str, Any], str], Block | None]] = {
    "text": _text,
    "input_text": _text,
    "output_text": _text,
    "refusal": _text,
    "image_url": _image,
    "input_image": _image,
    "file": _file,
    "input_file": _file,
    "input_audio": _refuse,
    "video_url": _refuse,
}
"""What is not here goes as it is: blocks of the protocol itself, and what is not known yet."""
