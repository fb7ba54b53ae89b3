"""all-MiniLM-L6-v2 as it comes from packages."""

from pathlib import Path

import pytest

from wrp_proxy.cache.embedders.onnx import OnnxMiniLM

TEXTS = (
    "How do I change my password?",
    "",
    "word " * 254,
    "Ελλάδα, 日本, Ünïcödé 🦆",
    "half a pair: \ud83e",
)


@pytest.fixture(scope="module")
def model() -> OnnxMiniLM:
    model = OnnxMiniLM()
    model.load()
    return model


def test_texts_have_the_same_vectors_together_as_alone(model: OnnxMiniLM) -> None:
    together = model.embed_batch(TEXTS)

    for row, text in zip(together, TEXTS, strict=True):
        alone = model.embed_one(text)
        assert alone is not None
        assert row == pytest.approx(alone, abs=1e-5)


def test_a_text_of_the_window_is_embedded_and_a_longer_one_is_not(model: OnnxMiniLM) -> None:
    fits, too_long = "word " * 254, "word " * 255  # two tokens mark its ends

    assert model.embed_one(fits) is not None
    assert model.embed_one(too_long) is None
    assert not model.embed_batch([too_long, fits])[0].any()


def test_vectors_are_those_that_this_model_is_known_for(model: OnnxMiniLM) -> None:
    sentences = (
        "That is a happy person",
        "That is a happy dog",
        "That is a very happy person",
        "Today is a sunny day",
    )

    rows = model.embed_batch(sentences)

    assert rows[1:] @ rows[0] == pytest.approx([0.695, 0.943, 0.257], abs=0.01)


def test_the_fingerprint_names_the_weights() -> None:
    name, digest = OnnxMiniLM().fingerprint.split(":")

    assert name == "all-MiniLM-L6-v2-int8"
    assert len(bytes.fromhex(digest)) == 8


def test_weights_that_are_missing_are_told_when_they_are_named(tmp_path: Path) -> None:
    model = OnnxMiniLM(weights=tmp_path / "model.onnx")

    with pytest.raises(FileNotFoundError):
        _ = model.fingerprint
