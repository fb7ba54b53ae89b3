"""Every vendor that LiteLLM knows, behind the seam to the network.

A call to `litellm://NAME/chat/completions` or `litellm://NAME/embeddings` is answered as if an
OpenAI-compatible server stood there, so that the OpenAI provider and its decoders serve these
vendors, too. NAME finds the operator's options.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any
from urllib.parse import urlsplit

import msgspec

from wrp_proxy.errors import UpstreamMissingError
from wrp_proxy.providers.litellm_answers import answer_body, embedding_body
from wrp_proxy.providers.litellm_arguments import (
    LiteLLMOptions,
    chat_arguments,
    embedding_arguments,
    settings_of,
)
from wrp_proxy.providers.litellm_exchange import LiteLLMExchange
from wrp_proxy.providers.litellm_library import LazyLiteLLM, LiteLLM, load_litellm
from wrp_proxy.providers.upstream import Call

_NO_OPTIONS = LiteLLMOptions()


class LiteLLMUpstream:
    """Calls a library instead of a server.

    LiteLLM's own time limit is a last resort, behind the proxy's.
    """

    def __init__(
        self,
        *,
        providers: Mapping[str, LiteLLMOptions],
        timeout_s: float = 600.0,
        load: Callable[[], LiteLLM] = load_litellm,
    ) -> None:
        """`providers` is by name, as it stands in the addresses of calls."""
        self._providers = providers
        self._timeout_s = timeout_s
        self._library = LazyLiteLLM(load)
        self._endings: set[asyncio.Task[None]] = set()

    def open(self, call: Call) -> LiteLLMExchange:
        options = self._providers.get(urlsplit(call.url).netloc, _NO_OPTIONS)
        return LiteLLMExchange(
            lambda: self._ask(call, options),
            self._end,
            needs_finish=not options.ends_without_finish,
        )

    async def close(self) -> None:
        """Wait until every abandoned call has let go of its connection."""
        while self._endings:
            await asyncio.wait(self._endings)

    async def _ask(self, call: Call, options: LiteLLMOptions) -> Any:
        """Return bytes, or LiteLLM's stream of chunks."""
        path = urlsplit(call.url).path
        settings = settings_of(call, options, self._timeout_s)
        body = msgspec.json.decode(call.body or b"{}")
        library = await self._library.get()
        if path.endswith("/chat/completions"):
            answer = await library.acompletion(**chat_arguments(body, options) | settings)
            return answer if body.get("stream") else answer_body(answer)
        if path.endswith("/embeddings"):
            arguments = embedding_arguments(body, options)
            return embedding_body(await library.aembedding(**arguments | settings))
        raise UpstreamMissingError("This provider has chat completions and embeddings only.")

    def _end(self, ending: Coroutine[Any, Any, None]) -> None:
        """Let what nobody waits for come to its end."""
        task = asyncio.create_task(ending)
        self._endings.add(task)
        task.add_done_callback(self._endings.discard)
