"""What HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY say, read once."""

from collections.abc import Mapping
from ipaddress import ip_address, ip_network
from urllib.parse import SplitResult

from wrp_proxy.providers.http1.request import split_url


class ProxyVariables:
    """Knows which proxy leads to a URL; the lower-case names win, as everywhere."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._proxies = {
            scheme: proxy if "://" in proxy else f"http://{proxy}"
            for scheme in ("http", "https", "all")
            if (proxy := _value(environment, f"{scheme}_proxy"))
        }
        listed = _value(environment, "no_proxy").lower().split(",")
        self._spared = [name.strip() for name in listed if name.strip()]

    def __repr__(self) -> str:
        return f"ProxyVariables({', '.join(self._proxies)})"  # an address may hold a password

    def proxy_for(self, url: str) -> str | None:
        scheme = url.partition(":")[0].lower()
        proxy = self._proxies.get(scheme) or self._proxies.get("all")
        if proxy is None or scheme not in {"http", "https"} or self._is_spared(split_url(url)):
            return None
        return proxy

    def _is_spared(self, url: SplitResult) -> bool:
        host, place = url.hostname or "", url.netloc.rpartition("@")[2].lower()
        return any(_covers(name, host) or _covers(name, place) for name in self._spared)


def _value(environment: Mapping[str, str], name: str) -> str:
    """Pass over HTTP_PROXY under CGI, where a client's header may have set it."""
    is_forged = name == "http_proxy" and "REQUEST_METHOD" in environment
    value = environment.get(name, "") or ("" if is_forged else environment.get(name.upper(), ""))
    return value.strip()


def _covers(name: str, host: str) -> bool:
    """Match a name, its subdomains, an address, or a network of addresses."""
    if name == "*":
        return True
    bare = name.lstrip("*").lstrip(".")
    if host == bare or host.endswith(f".{bare}"):
        return True
    try:
        return ip_address(host) in ip_network(name.strip("[]"), strict=False)
    except ValueError:
        return False
