"""An OpenAI-compatible proxy that decides Workload, Router and Pool together."""

import os
from importlib.metadata import version

# Small matrices are multiplied fastest by one thread; the other cores have requests to serve.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = version("wrp-proxy")
