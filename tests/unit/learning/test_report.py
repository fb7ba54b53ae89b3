from wrp_proxy.learning.base import SharingStatus
from wrp_proxy.learning.report import rows
from wrp_proxy.learning.store import LearningStatus


def test_figures_say_when_it_last_worked_and_how_often_it_did_not() -> None:
    sharing = SharingStatus(exchanged_at=20.0, failures=3, damaged=1)
    status = LearningStatus(trouble="", saved_at=None, failures=2, sharing=sharing)

    found = [(name, value, labels) for name, _, value, labels, _ in rows(status)]

    assert found == [
        ("wrp_learning_success_seconds", 20.0, {"what": "exchange"}),
        ("wrp_learning_failures", 2, {"what": "save"}),
        ("wrp_learning_failures", 3, {"what": "exchange"}),
        ("wrp_learning_damaged", 1, {}),
    ]
