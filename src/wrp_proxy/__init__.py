"""An OpenAI-compatible proxy that decides Workload, Router and Pool together."""

from importlib.metadata import version

__version__ = version("wrp-proxy")
