"""Makes models from what is configured, what is listed and what is found."""

import re
from collections.abc import Mapping, Sequence

from wrp_proxy.accounting.pricing import ListedModel, PriceList
from wrp_proxy.accounting.quality import QualityTable
from wrp_proxy.pool.registry import signals_of
from wrp_proxy.pooling import Balancing, TokenBudget
from wrp_proxy.providers.vendors import apis_of
from wrp_proxy.retention import signals_for
from wrp_proxy.settings.pools import EndpointSettings, PriceSettings
from wrp_proxy.settings.schema import ModelSettings, ProviderSettings
from wrp_proxy.types import CHAT_CAPABILITIES, Api, Endpoint, Model, Price

LOCAL_CONTEXT_WINDOW = 8192
_LOCAL_CAPABILITIES = frozenset({"tools", "json_schema", "logprobs"})
"""What llama.cpp does for any text model."""
_EMBEDDINGS: frozenset[Api] = frozenset({"embeddings"})
_NOT_OF_EVERY_MODEL: frozenset[Api] = frozenset({"embeddings", "completions"})
_SAID_IN_CONFIGURATION = "the configuration"
_FREE = Price(input=0.0, output=0.0)
"""Nobody bills for a model on this machine."""


_WORDLESS = re.compile(
    r"whisper|tts|dall-e|image|imagen|moderation|realtime|transcribe|sora|veo|rerank|speech|lyria",
    re.IGNORECASE,
)
"""Names of models that neither chat, complete nor embed, as vendors list them beside others."""


def has_words(upstream_name: str) -> bool:
    return _WORDLESS.search(upstream_name) is None


class ModelMaker:
    """What the configuration leaves out comes from the price list and the table of quality."""

    def __init__(
        self,
        providers: Mapping[str, ProviderSettings],
        prices: PriceList,
        qualities: QualityTable | None = None,
    ) -> None:
        """Without `qualities`, nobody says anything of a model but the configuration."""
        self._providers = providers
        self._prices = prices
        self._qualities = qualities or QualityTable.empty()

    def configured(self, name: str, settings: ModelSettings) -> Model:
        price = _price(settings.price)
        given = settings.capabilities
        made = [
            self._endpoint(endpoint, price, settings.context_window, given)
            for endpoint in settings.endpoints
        ]
        capabilities = self._listed_capabilities(made) if given is None else frozenset(given)
        quality, source = self._quality(made, settings.quality)
        balance, budget = settings.balance, settings.token_budget
        balancing = Balancing(name=balance.name, parameters=balance.parameters)
        return Model(
            name=name,
            endpoints=tuple(made),
            balancing=balancing,
            budget=TokenBudget(**budget.model_dump()) if budget else TokenBudget(),
            signals=signals_of(balancing) | signals_for(made),
            price=made[0].price,
            quality=quality,
            quality_source=source,
            capabilities=capabilities,
        )

    def found(self, provider: str, upstream_name: str) -> Model:
        """Make the model of a server that lists it."""
        return self._single(upstream_name, provider, upstream_name, listed=True)

    def made_up(self, provider: str, upstream_name: str) -> Model | None:
        """Make the model of a `provider/upstream-model` name; None without such a provider.

        LiteLLM's names hold the vendor: a caller could reach any whose key is in the environment.
        """
        if provider not in self._providers or self._providers[provider].type == "litellm":
            return None
        name = f"{provider}/{upstream_name}"
        return self._single(name, provider, upstream_name, listed=False)

    def _single(self, name: str, provider: str, upstream_name: str, *, listed: bool) -> Model:
        settings = EndpointSettings(provider=provider, model=upstream_name)
        endpoint = self._endpoint(settings, None, None, None)
        quality, source = self._quality((endpoint,), {})
        return Model(
            name=name,
            endpoints=(endpoint,),
            price=endpoint.price,
            quality=quality,
            quality_source=source,
            capabilities=self._listed_capabilities((endpoint,)),
            listed=listed,
        )

    def _quality(
        self, endpoints: Sequence[Endpoint], given: Mapping[str, float]
    ) -> tuple[Mapping[str, float], str | None]:
        """Return the prior of a pool and who says so; nothing where only the price tells."""
        if given:
            return given, _SAID_IN_CONFIGURATION
        for endpoint in endpoints:
            vendor = self._vendor(endpoint.provider)
            if (listed := self._qualities.find(vendor, endpoint.model)) is not None:
                return listed.quality, listed.source
        return {}, None

    def _endpoint(
        self,
        settings: EndpointSettings,
        price: Price | None,
        context_window: int | None,
        capabilities: frozenset[str] | None,
    ) -> Endpoint:
        provider = self._providers[settings.provider]
        listed = self._find(settings.provider, settings.model)
        if capabilities is None and listed:
            capabilities = listed.capabilities
        listed_price = listed.price if listed else None
        listed_window = listed.context_window if listed else None
        if provider.type == "local":
            listed_price = _FREE
            listed_window = provider.context_window or LOCAL_CONTEXT_WINDOW
        return Endpoint(
            provider=settings.provider,
            model=settings.model,
            weight=settings.weight,
            max_concurrency=settings.max_concurrency,
            context_window=settings.context_window or context_window or listed_window,
            label=settings.label,
            region=settings.region,
            price=_price(settings.price) or price or listed_price,
            apis=self._apis(settings, capabilities),
            reasons=capabilities is not None and "reasoning" in capabilities,
            retention_hints=settings.retention_hints,
        )

    def _apis(
        self, settings: EndpointSettings, capabilities: frozenset[str] | None
    ) -> frozenset[Api]:
        """Return what an upstream model can be asked by; of an unknown one nothing is left out."""
        provider = self._providers[settings.provider]
        apis = apis_of(provider.type, self._vendor(settings.provider), provider.apis)
        if provider.type == "azure" and provider.api_version:
            apis -= {"responses"}  # deployment URLs do not have it
        if capabilities is None or provider.type == "local":
            is_named_so = "embed" in settings.model.lower() and "embeddings" in apis
            return _EMBEDDINGS if is_named_so else apis
        if capabilities == {"embeddings"}:
            return _EMBEDDINGS
        return apis - (_NOT_OF_EVERY_MODEL - capabilities)

    def _vendor(self, provider: str) -> str:
        settings = self._providers[provider]
        return settings.vendor or (provider if settings.type == "openai" else settings.type)

    def _listed_capabilities(self, endpoints: Sequence[Endpoint]) -> frozenset[str]:
        """Return what every listed endpoint has; what is not listed may have all of chat."""
        if any(self._providers[endpoint.provider].type == "local" for endpoint in endpoints):
            return _LOCAL_CAPABILITIES
        found = (self._find(endpoint.provider, endpoint.model) for endpoint in endpoints)
        listed = [one.capabilities for one in found if one and one.capabilities is not None]
        return frozenset.intersection(*listed) if listed else CHAT_CAPABILITIES

    def _find(self, provider: str, upstream_name: str) -> ListedModel | None:
        settings = self._providers[provider]
        if settings.type == "local":
            return None
        return self._prices.find(self._vendor(provider), upstream_name)


def _price(settings: PriceSettings | None) -> Price | None:
    return Price(**settings.model_dump()) if settings else None
