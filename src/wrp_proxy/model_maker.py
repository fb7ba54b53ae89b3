"""Makes models from what is configured, what is listed and what is found."""

from collections.abc import Mapping, Sequence

from wrp_proxy.accounting.pricing import ListedModel, PriceList
from wrp_proxy.settings.schema import EndpointSettings, ModelSettings, ProviderSettings
from wrp_proxy.types import CHAT_CAPABILITIES, Endpoint, Model, Price

LOCAL_CONTEXT_WINDOW = 8192
_LOCAL_CAPABILITIES = frozenset({"tools", "json_schema", "logprobs"})
"""What llama.cpp does for any text model."""
_FREE = Price(input=0.0, output=0.0)
"""Nobody bills for a model on this machine."""


class ModelMaker:
    """What the configuration leaves out comes from the price list."""

    def __init__(self, providers: Mapping[str, ProviderSettings], prices: PriceList) -> None:
        self._providers = providers
        self._prices = prices

    def configured(self, name: str, settings: ModelSettings) -> Model:
        price = Price(**settings.price.model_dump()) if settings.price else None
        endpoints = tuple(
            self._endpoint(endpoint, price, settings.context_window)
            for endpoint in settings.endpoints
        )
        given = settings.capabilities
        capabilities = self._listed_capabilities(endpoints) if given is None else frozenset(given)
        return Model(
            name=name,
            endpoints=endpoints,
            balancer=settings.balance,
            price=endpoints[0].price,
            quality=settings.quality,
            capabilities=capabilities,
        )

    def found(self, provider: str, upstream_name: str) -> Model:
        """Make the model of a server that lists it."""
        return self._single(upstream_name, provider, upstream_name, listed=True)

    def made_up(self, provider: str, upstream_name: str) -> Model | None:
        """Make the model of a `provider/upstream-model` name; None without such a provider."""
        if provider not in self._providers:
            return None
        name = f"{provider}/{upstream_name}"
        return self._single(name, provider, upstream_name, listed=False)

    def _single(self, name: str, provider: str, upstream_name: str, *, listed: bool) -> Model:
        settings = EndpointSettings(provider=provider, model=upstream_name)
        endpoint = self._endpoint(settings, None, None)
        return Model(
            name=name,
            endpoints=(endpoint,),
            price=endpoint.price,
            capabilities=self._listed_capabilities((endpoint,)),
            listed=listed,
        )

    def _endpoint(
        self, settings: EndpointSettings, price: Price | None, context_window: int | None
    ) -> Endpoint:
        provider = self._providers[settings.provider]
        listed = self._find(settings.provider, settings.model)
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
            price=price or listed_price,
        )

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
        return self._prices.find(settings.vendor or provider, upstream_name)
