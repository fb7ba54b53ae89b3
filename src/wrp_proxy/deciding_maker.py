"""Makes what it takes to decide, without serving."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from wrp_proxy.accounting.pricing import PriceList
from wrp_proxy.accounting.quality import QualityTable
from wrp_proxy.cache.embedders.remembering import RememberingEmbedder
from wrp_proxy.catalog import Catalog
from wrp_proxy.lifespan import Work
from wrp_proxy.model_maker import ModelMaker, has_words
from wrp_proxy.pool_view import NOTHING_SEEN, PoolView
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routing_maker import make_classifier, make_routing
from wrp_proxy.settings.schema import Settings
from wrp_proxy.shipped import price_list_path, quality_table_path
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength
from wrp_proxy.workload.token_estimate import TokenEstimate


@dataclass(frozen=True, slots=True)
class Deciding:
    """The catalog and the classifier, with what makes models for the one and teaches the other."""

    catalog: Catalog
    classifier: WorkloadClassifier
    context_length: ContextLength
    models: ModelMaker
    learn_categories: Work
    """Learn the operator's own categories; takes a second, in a thread."""

    def discovered(self, provider: str, names: Iterable[str]) -> None:
        """List these upstream names as the models of a provider, but those that write no words."""
        models = [self.models.found(provider, name) for name in names if has_words(name)]
        self.catalog.replace(provider, models)


def make_deciding(
    settings: Settings,
    embedder: RememberingEmbedder | None = None,
    pool: PoolView = NOTHING_SEEN,
) -> Deciding:
    """Without an embedder, categories are told by less.

    `pool`: what is seen of the models, where these are served.
    """
    models = ModelMaker(
        settings.providers,
        PriceList.load(price_list_path()),
        QualityTable.load(quality_table_path()),
    )
    routing = make_routing(settings, pool)
    catalog = Catalog(
        models=[models.configured(name, model) for name, model in settings.models.items()],
        routes=routing.routes,
        direct=FixedOrder(),
        make_up=models.made_up,
        direct_signals=routing.direct,
        pool=pool,
    )
    context_length = ContextLength(TokenEstimate())
    classifier, recogniser = make_classifier(settings, context_length, embedder)
    learn_categories = partial(asyncio.to_thread, recogniser.add, settings.workload.categories)
    return Deciding(catalog, classifier, context_length, models, learn_categories)
