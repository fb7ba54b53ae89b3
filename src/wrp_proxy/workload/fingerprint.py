"""Which program is asking: the system prompt, as a short digest."""

from hashlib import blake2b

from wrp_proxy.signals import Signal
from wrp_proxy.workload.base import Findings
from wrp_proxy.workload.prompt import Prompt, ends_of

_DIGEST_BYTES = 8


class Fingerprint:
    """The same on every replica and after every restart, so that something may be learnt by it."""

    signal: Signal = "fingerprint"
    budget_s = 0.002

    def read(self, prompt: Prompt, known: Findings) -> Findings:
        if not prompt.system:
            return Findings(fingerprint=None)
        told = f"{len(prompt.system)}\0{ends_of(prompt.system)}".encode(errors="replace")
        return Findings(fingerprint=blake2b(told, digest_size=_DIGEST_BYTES).hexdigest())
