"""Any model of sentence-transformers, from a hub or a folder; an optional extra."""

import hashlib
import os
import secrets
from pathlib import Path
from typing import Any

from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.embedders.vectors import unit

_CHARACTERS_A_TOKEN = 16
_MAKES_VECTORS = {".safetensors", ".bin", ".json"}
"""Files that weights, tokens and pooling are read from."""


class SentenceTransformers:
    """The operator's choice of model, on the CPU: half a gigabyte, and ten seconds to load.

    A model that the hub's local cache does not have yet is downloaded by `load`. Nobody knows
    before which one that will be, so its fingerprint is that of no other process: its vectors are
    kept for as long as this one runs.
    """

    def __init__(self, model: str) -> None:
        """Read the model's files once, for the fingerprint."""
        folder = Path(model) if Path(model).is_dir() else _downloaded(model)
        self.dimensions = 0
        """Known once it is loaded, as is the window."""
        self.window_characters = 0
        self.fingerprint = f"{model}:{_digest(folder) if folder else secrets.token_hex(8)}"
        self._source = str(folder or model)
        self._model: Any = None

    def load(self) -> None:
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import sentence_transformers
        import torch
        import transformers

        logging: Any = transformers.utils.logging
        logging.disable_progress_bar()  # it would be written between the lines of the log
        torch.set_num_threads(1)  # a second one takes the core that the event loop runs on
        model: Any = sentence_transformers.SentenceTransformer(self._source, device="cpu")
        self.dimensions = int(model.get_embedding_dimension() or 0)
        self.window_characters = model.max_seq_length * _CHARACTERS_A_TOKEN
        self._model = model

    def embed_one(self, text: str) -> Vector | None:
        text = text.encode(errors="replace").decode()  # half of a surrogate pair is no text
        tokens = self._model.tokenizer(text, verbose=False)["input_ids"]
        if len(tokens) > self._model.max_seq_length:
            return None
        return unit(self._model.encode(text, show_progress_bar=False), self.dimensions)


def _downloaded(model: str) -> Path | None:
    """Return where the hub's local cache has a model; None: nowhere."""
    import huggingface_hub

    try:
        return Path(huggingface_hub.snapshot_download(model, local_files_only=True))
    except (huggingface_hub.errors.LocalEntryNotFoundError, ValueError):
        return None


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.suffix in _MAKES_VECTORS:
            digest.update(path.relative_to(folder).as_posix().encode())
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]
