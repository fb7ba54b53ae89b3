"""The child process that serves one GGUF file; run by `local.LocalProvider`.

It has its own process because loading holds the interpreter's lock for most of a second, and so
that a crash of native code ends no proxy. It ends when its standard input does, so that it never
outlives its parent, even one that was killed.
"""

import os
import sys
from pathlib import Path
from typing import Any

KEY_VARIABLE = "WRP_LOCAL_SERVER_KEY"
_SLOTS = 2


def main(path: str, context_window: int, threads: int) -> None:
    """Serve `path` on a free loopback port; print the address once it answers, or the reason."""
    try:
        import xllamacpp

        server = xllamacpp.Server(_parameters(xllamacpp, path, context_window, threads))
    except (ImportError, OSError, RuntimeError) as error:
        sys.stdout.write(f"{error}\n")
        sys.exit(1)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nobody reads on
    sys.stdin.buffer.read()
    os._exit(0)  # the server's own threads would take their time to join


def _parameters(xllamacpp: Any, path: str, context_window: int, threads: int) -> Any:
    parameters = xllamacpp.CommonParams()
    parameters.model.path = path
    parameters.model_alias = [Path(path).stem]  # else every answer names the whole path
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [os.environ.pop(KEY_VARIABLE)]
    parameters.ui = False
    parameters.n_ctx = context_window
    parameters.n_parallel = _SLOTS
    parameters.kv_unified = True
    parameters.cpuparams.n_threads = threads
    parameters.cpuparams_batch.n_threads = threads
    # What the authors of SmolLM2 advise; a request's own values take precedence.
    parameters.sampling.temp = 0.2
    parameters.sampling.top_p = 0.9
    return parameters


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
