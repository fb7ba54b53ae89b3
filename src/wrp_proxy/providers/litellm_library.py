"""The LiteLLM package: imported when first used, and kept quiet."""

import asyncio
import importlib
import importlib.util
import logging
import os
from collections.abc import Callable
from typing import Any, Protocol, cast

from wrp_proxy.errors import UpstreamError

_ENVIRONMENT = {
    # Each would be fetched from the network at import.
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_LOCAL_ANTHROPIC_BETA_HEADERS": "True",
    # Else LiteLLM reads a `.env` file of the current directory into this process.
    "LITELLM_MODE": "PRODUCTION",
}
_TOKENIZER_FOLDER = "TIKTOKEN_CACHE_DIR"
_LOGGERS = ("LiteLLM", "LiteLLM Proxy", "LiteLLM Router")


class LiteLLM(Protocol):
    """What the proxy uses of LiteLLM; arguments and answers are OpenAI's, near enough."""

    async def acompletion(self, **arguments: Any) -> Any: ...

    async def aembedding(self, **arguments: Any) -> Any: ...


def is_litellm_installed() -> bool:
    return importlib.util.find_spec("litellm") is not None


def load_litellm() -> LiteLLM:
    """Import LiteLLM, which takes seconds; raise ImportError where it is missing."""
    tokenizer_folder = os.environ.get(_TOKENIZER_FOLDER)
    os.environ.update(_ENVIRONMENT)
    library = importlib.import_module("litellm")
    _set_or_remove(_TOKENIZER_FOLDER, tokenizer_folder)
    library.suppress_debug_info = True  # type: ignore[attr-defined] # a setting of LiteLLM's
    library.telemetry = False  # type: ignore[attr-defined] # the same
    for name in _LOGGERS:
        # Its errors quote prompts and vendors' addresses; what matters of them is raised, too.
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return cast("LiteLLM", library)


class LazyLiteLLM:
    """Loads once, in a thread, however many calls wait for it."""

    def __init__(self, load: Callable[[], LiteLLM]) -> None:
        self._load = load
        self._loading: asyncio.Task[LiteLLM] | None = None

    async def get(self) -> LiteLLM:
        """Raise UpstreamError where LiteLLM cannot be imported; the next call tries again."""
        if self._loading is None:
            self._loading = asyncio.create_task(asyncio.to_thread(self._load))
        loading = self._loading
        try:
            return await asyncio.shield(loading)
        except ImportError as error:
            if self._loading is loading:
                self._loading = None
            raise UpstreamError(
                "This provider needs an optional extra: pip install 'wrp-proxy[litellm]'."
            ) from error


def _set_or_remove(name: str, value: str | None) -> None:
    """LiteLLM points tiktoken at its own folder, which lacks encodings that others use."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
