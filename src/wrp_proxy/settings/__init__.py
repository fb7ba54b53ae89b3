"""What can be configured, by file and environment; whatever is not known is refused."""

from wrp_proxy.settings.load import load_settings
from wrp_proxy.settings.schema import Settings

__all__ = ["Settings", "load_settings"]
