"""Makes the embedder of the cache from what is configured."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from wrp_proxy.cache.base import Embedder
from wrp_proxy.cache.unsemantic import NoEmbedder
from wrp_proxy.settings.cache import EmbedderSettings

AskForEmbeddings = Callable[[str, Sequence[str]], Awaitable[list[list[float]]]]


def make_embedder(
    settings: EmbedderSettings, ask: AskForEmbeddings, *, is_semantic: bool
) -> Embedder:
    """Make the embedder; what is heavy is imported and loaded when it starts."""
    if not is_semantic:
        return NoEmbedder()
    if settings.name == "model":
        from wrp_proxy.cache.embedders.remote import RemoteEmbedder

        return RemoteEmbedder(
            partial(ask, str(settings.model)),
            model=str(settings.model),
            dimensions=settings.dimensions or 0,
        )
    from wrp_proxy.cache.embedders.threaded import ThreadedEmbedder

    if settings.name == "sentence-transformers":
        from wrp_proxy.cache.embedders.sentence_transformers import SentenceTransformers

        own = SentenceTransformers(str(settings.model))
        return ThreadedEmbedder(own, threads=settings.threads or 1)
    from wrp_proxy.cache.embedders.onnx import OnnxMiniLM

    return ThreadedEmbedder(OnnxMiniLM(), threads=settings.threads or 1)
