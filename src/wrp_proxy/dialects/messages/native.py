"""What only an upstream with the Messages API itself can do."""

from collections.abc import Iterator, Mapping
from typing import Any

from wrp_proxy.dialects.messages.fields import Block, kind_of, object_in

_SERVER_TOOLS = ("web_search", "web_fetch", "code_execution", "tool_search")
"""How the types of tools begin that Anthropic runs itself."""
_TRANSLATED = {
    "text",
    "image",
    "document",
    "search_result",
    "thinking",
    "redacted_thinking",
    "tool_use",
    "tool_result",
    "tool_reference",
}
_SOURCES = {"image": {"base64", "url"}, "document": {"base64", "text", "content"}}


def native_only(body: Mapping[str, Any]) -> str | None:
    """Name the first thing in a well-formed request that chat completions have no words for."""
    return next(_reasons(body), None)


def is_server_block(kind: str) -> bool:
    """Tell whether a block tells of a tool that ran at Anthropic's; it can be told as text."""
    return kind in {"server_tool_use", "mcp_tool_use"} or (
        kind.endswith("_tool_result") and kind != "tool_result"
    )


def is_own_tool(tool: Block) -> bool:
    """Tell whether a tool is the client's, described by a schema."""
    return tool.get("type") in (None, "custom")


def _reasons(body: Mapping[str, Any]) -> Iterator[str]:
    if body.get("max_tokens") == 0:
        yield "max_tokens 0, which only fills the prompt cache"
    if body.get("mcp_servers"):
        yield "mcp_servers"
    for tool in body.get("tools") or ():
        if not is_own_tool(tool):
            yield _tool_in_words(tool)
    for message in body["messages"]:
        yield from _reasons_of_content(message.get("content"))


def _tool_in_words(tool: Block) -> str:
    name = tool.get("name") or tool["type"]
    is_server = kind_of(tool).startswith(_SERVER_TOOLS)
    return f"the server tool '{name}'" if is_server else f"Anthropic's own tool '{name}'"


def _reasons_of_content(content: object) -> Iterator[str]:
    """Blocks may hold blocks: the results of tools, and documents made of parts."""
    blocks = content if isinstance(content, list) else ()
    for block in blocks:
        if not isinstance(block, dict):
            continue
        kind, source = kind_of(block), object_in(block, "source")
        if kind not in _TRANSLATED and not is_server_block(kind):
            yield f"the content block '{kind}'"
        if kind in _SOURCES and kind_of(source) not in _SOURCES[kind]:
            yield f"the {kind} whose source is '{kind_of(source)}'"
        if kind == "tool_result":
            yield from _reasons_of_content(block.get("content"))
        if kind == "document":
            yield from _reasons_of_content(source.get("content"))
