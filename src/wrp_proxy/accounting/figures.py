"""Shows figures of other rooms among the metrics: what they are is theirs to say."""

from collections.abc import Callable, Iterable, Mapping

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

Row = tuple[str, str, float, Mapping[str, str], bool]
"""Name, meaning, value, labels (the same names for all of one name), whether it only grows."""


class Figures(Collector):
    """Reads the figures when the metrics are rendered."""

    def __init__(self, read: Callable[[], Iterable[Row]]) -> None:
        self._read = read

    def collect(self) -> Iterable[Metric]:
        families: dict[str, CounterMetricFamily | GaugeMetricFamily] = {}
        for name, about, value, labels, grows in self._read():
            family = families.get(name)
            if family is None:
                make = CounterMetricFamily if grows else GaugeMetricFamily
                family = families[name] = make(name, about, labels=list(labels))
            family.add_metric([*labels.values()], value)
        return families.values()
