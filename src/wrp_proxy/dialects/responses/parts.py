"""Content parts: what a message or a tool's result is made of."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from wrp_proxy.dialects.responses.fields import objects_at, or_empty
from wrp_proxy.errors import RequestError

_TEXTS = {"input_text", "output_text", "text"}


@dataclass(slots=True, kw_only=True)
class Content:
    """Parts in the words of chat completions."""

    parts: list[dict[str, Any]] = field(default_factory=list)
    refusal: str | None = None
    obstacles: list[str] = field(default_factory=list)
    """What chat completions have no words for."""

    @property
    def texts(self) -> list[str]:
        return [part["text"] for part in self.parts if part["type"] == "text"]

    @property
    def attachments(self) -> list[dict[str, Any]]:
        return [part for part in self.parts if part["type"] != "text"]

    def compact(self) -> str | list[dict[str, Any]]:
        """Return a lone text as such: some servers know nothing else."""
        if len(self.parts) > 1 or self.attachments:
            return self.parts
        return "".join(self.texts)


def read_content(content: object, param: str) -> Content:
    """Translate a content: a text, or a list of parts."""
    read = Content()
    if isinstance(content, str):
        read.parts.append({"type": "text", "text": content})
        return read
    if not isinstance(content, list):
        raise RequestError(f"{param} must be a text or a list of parts.", param=param)
    for part in objects_at(content, param):
        _read_part(part, read)
    return read


def _read_part(part: dict[str, Any], read: Content) -> None:
    kind = str(part.get("type"))
    if kind in _TEXTS and isinstance(part.get("text"), str):
        read.parts.append({"type": "text", "text": part["text"]})
    elif kind == "refusal" and isinstance(part.get("refusal"), str):
        read.refusal = (read.refusal or "") + part["refusal"]
    elif kind == "input_image" and isinstance(part.get("image_url"), str):
        read.parts.append({"type": "image_url", "image_url": _image(part)})
    elif kind == "input_audio":
        read.parts.append({"type": kind, "input_audio": or_empty(part.get("input_audio"))})
    elif kind == "input_file" and (file := dict(_file(part))):
        read.parts.append({"type": "file", "file": file})
    else:
        read.obstacles.append(_obstacle(part))


def _image(part: dict[str, Any]) -> dict[str, Any]:
    image = {"url": part["image_url"]}
    if part.get("detail"):
        image["detail"] = part["detail"]
    return image


def _file(part: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not isinstance(part.get("file_data") or part.get("file_id"), str):
        return
    for name in ("file_data", "file_id", "filename"):
        if isinstance(part.get(name), str):
            yield name, part[name]


def _obstacle(part: dict[str, Any]) -> str:
    if part.get("type") == "input_image":
        return "an image by its file id"
    if part.get("type") == "input_file":
        return "a file by its URL"
    return f"content parts of the type '{part.get('type')}'"
