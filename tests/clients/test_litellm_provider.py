"""The provider `litellm` with the real library, which cannot live beside openai 3."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.clients.environments import command

pytestmark = pytest.mark.clients

ROOT = Path(__file__).parents[2]


def test_the_proxy_passes_its_own_tests_of_litellm(tmp_path: Path) -> None:
    python = command("litellm")
    tests = sorted(map(str, (ROOT / "tests" / "end_to_end").glob("test_litellm*.py")))

    ended = subprocess.run(
        [*python, "-m", "pytest", "-q", "--basetemp", str(tmp_path / "run"), *tests],
        cwd=ROOT,
        env={"PATH": os.defpath, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout
    assert re.search(r"^\d+ passed in", ended.stdout.splitlines()[-1])
