"""Makes the embedder of the cache from what is configured."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from wrp_proxy.cache.base import Embedder
from wrp_proxy.cache.embedders.remembering import RememberingEmbedder
from wrp_proxy.cache.unsemantic import NoEmbedder
from wrp_proxy.settings.cache import EmbedderSettings

AskForEmbeddings = Callable[[str, Sequence[str]], Awaitable[list[list[float]]]]


def make_embedder(
    settings: EmbedderSettings,
    ask: AskForEmbeddings,
    *,
    is_semantic: bool,
    tells_categories: bool = False,
) -> tuple[Embedder, RememberingEmbedder | None]:
    """Return the embedder of the cache, and that of the classifier, which was taught with MiniLM.

    They are one where the cache uses MiniLM as well. What is heavy is imported and loaded when it
    starts: where only the classifier wants it, with the first text.
    """
    if not tells_categories:
        return (_make(settings, ask) if is_semantic else NoEmbedder()), None
    minilm = _make(EmbedderSettings(threads=settings.threads), ask)
    shared = RememberingEmbedder(minilm, is_eager=is_semantic)
    if not is_semantic:
        return NoEmbedder(), shared
    return (shared if settings.name == "minilm" else _make(settings, ask)), shared


def _make(settings: EmbedderSettings, ask: AskForEmbeddings) -> Embedder:
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
