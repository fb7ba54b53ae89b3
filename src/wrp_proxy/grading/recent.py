"""What the latest requests were about, in full, for those who say later how good the answer was."""

from collections import OrderedDict
from dataclasses import replace

from wrp_proxy.grading.base import Take
from wrp_proxy.types import Outcome, Workload


class Recent:
    """Remembers the workloads of the latest answers, as they were decided on.

    The journal, from which an answer is taken that somebody speaks of, has neither the features of
    its question nor the session of a caller who names none.
    """

    def __init__(self, most: int = 2048) -> None:
        """`most`: workloads; one with its features takes some 6 kB."""
        self._most = most
        self._workloads: OrderedDict[tuple[str, str], Workload] = OrderedDict()

    def note(self, outcome: Outcome) -> None:
        key = (outcome.tenant, outcome.request_id)
        self._workloads[key] = outcome.workload
        self._workloads.move_to_end(key)
        if len(self._workloads) > self._most:
            self._workloads.popitem(last=False)

    def before(self, learn: Take) -> Take:
        """Let `learn` hear of the workload as it was, where that is remembered."""

        def learn_of_it_whole(outcome: Outcome) -> None:
            known = self._workloads.get((outcome.tenant, outcome.request_id))
            learn(replace(outcome, workload=known) if known is not None else outcome)

        return learn_of_it_whole
