"""What this client alone has to say."""

from wrp_proxy.errors import DisconnectedError


class NotUnderstoodError(DisconnectedError):
    """The answer is beyond this client; another one may understand the next from there."""
