"""What a model is called before it is loaded; loading it is tested with the other embedders."""

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

import pytest

from wrp_proxy.cache.embedders.sentence_transformers import SentenceTransformers

FILES = {"model.safetensors": "weights", "1_Pooling/config.json": "{}", "README.md": "Read me."}


def folder(at: Path, files: Mapping[str, str]) -> str:
    for name, text in files.items():
        path = at / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return str(at)


def test_a_folder_has_the_same_fingerprint_every_time(tmp_path: Path) -> None:
    model = folder(tmp_path, FILES)

    assert SentenceTransformers(model).fingerprint == SentenceTransformers(model).fingerprint


@pytest.mark.parametrize("name", ["model.safetensors", "1_Pooling/config.json"])
def test_other_weights_or_another_pooling_are_another_model(tmp_path: Path, name: str) -> None:
    before = SentenceTransformers(folder(tmp_path, FILES)).fingerprint

    after = SentenceTransformers(folder(tmp_path, {name: "others"})).fingerprint

    assert after != before


def test_what_only_people_read_does_not_change_the_model(tmp_path: Path) -> None:
    before = SentenceTransformers(folder(tmp_path, FILES)).fingerprint

    after = SentenceTransformers(folder(tmp_path, {"README.md": "Read me again."})).fingerprint

    assert after == before


@pytest.mark.skipif(
    find_spec("huggingface_hub") is None, reason="needs the extra `sentence-transformers`"
)
def test_a_model_that_is_not_here_yet_is_that_of_this_process_alone() -> None:
    one, other = SentenceTransformers("nobody/nothing"), SentenceTransformers("nobody/nothing")

    assert one.fingerprint != other.fingerprint
    assert one.fingerprint.startswith("nobody/nothing:")
