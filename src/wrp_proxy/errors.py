"""The errors of the proxy; each class knows its HTTP status, OpenAI type and code.

WrpError
├── ConfigError               refused at start, with every problem found
├── RequestError         400  the caller's request cannot be served as it is
│   ├── BodyTooLargeError    413
│   ├── ModelNotFoundError   404
│   ├── ContextTooLongError  400  no able model has a window that fits
│   ├── CapabilityError      400  no model asked for can do what the request needs
│   ├── IdempotencyError     409  the key was used with another body
│   ├── ForbiddenError       403  the caller's key may not do that
│   ├── RequestDeniedError   403  a rule of the operator refuses such requests
│   └── NotFoundError        404  the caller knows no such thing
├── NotCachedError       504  asked for an answer from the cache only, and there is none
├── AuthenticationError  401
├── ForeignOriginError   403  a web page that may not call
├── LoopError            508  a request that this proxy has sent itself
├── NoEndpointError      503  nothing is there to answer
│   ├── PoolFullError        429  every endpoint is at its max_concurrency
│   │   └── QueueTimeoutError    429  no slot came free while it waited in line
│   ├── AllRestingError      503  every endpoint is out of service for a while
│   │   └── AllLimitedError      429  every endpoint is at its upstream's rate limit
│   └── ShuttingDownError    503  the proxy is told to stop, and the grace is over
└── UpstreamError        502  an endpoint failed or refused; keeps the upstream's own words
    ├── RejectedError        4xx  the request is to blame; never tried elsewhere
    ├── UpstreamMissingError 404  the endpoint has no such model
    ├── UpstreamContextError 400  too long for this endpoint
    ├── RateLimitedError     429
    ├── NotReadyError        503  still starting
    ├── UnauthorisedError    502  the proxy's own key was refused
    ├── UpstreamTimeoutError 504
    │   └── DeadlineError    504  the caller's own deadline is over
    └── DisconnectedError    502  no connection, or it broke
"""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, ClassVar


class WrpError(Exception):
    """Carry what a client may see: message, status, type, code, param and headers."""

    status: int = 500
    type: str = "server_error"
    code: str | None = "internal_error"

    def __init__(
        self,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.param = param
        self.code = code if code is not None else type(self).code
        self.retry_after_s = retry_after_s
        self.headers: Sequence[tuple[bytes, bytes]] = ()


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in the configuration: where, what stands there, what to do."""

    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}\n    -> {self.remedy}"


def choose(wrong: object, right: Any) -> str:
    """Say what may stand there instead, the closest first."""
    names = [str(name) for name in right]
    close = get_close_matches(str(wrong), names, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}there are: {', '.join(names) or 'none'}"


class ConfigError(WrpError):
    """Refuse to start; `problems` holds every fault found, not the first only."""

    code = "invalid_configuration"

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = tuple(problems)


class RequestError(WrpError):
    status = 400
    type = "invalid_request_error"
    code: str | None = None


class BodyTooLargeError(RequestError):
    status = 413
    code = "request_too_large"


class ModelNotFoundError(RequestError):
    status = 404
    code = "model_not_found"


class ContextTooLongError(RequestError):
    code = "context_length_exceeded"


class CapabilityError(RequestError):
    code = "unsupported_capability"


class IdempotencyError(RequestError):
    status = 409
    code = "idempotency_key_reused"


class ForbiddenError(RequestError):
    status = 403
    code = "forbidden"


class RequestDeniedError(RequestError):
    """In the operator's own words, with the name of the rule."""

    status = 403
    code = "request_denied"


class NotFoundError(RequestError):
    status = 404
    code = "not_found"


class NotCachedError(WrpError):
    """What `Cache-Control: only-if-cached` is answered with (RFC 9111, section 5.2.1.7)."""

    status = 504
    type = "invalid_request_error"
    code = "not_cached"


class AuthenticationError(WrpError):
    status = 401
    type = "invalid_request_error"
    code = "invalid_api_key"


class ForeignOriginError(WrpError):
    status = 403
    type = "invalid_request_error"
    code = "origin_not_allowed"


class LoopError(WrpError):
    status = 508
    code = "loop_detected"


class NoEndpointError(WrpError):
    status = 503
    type = "service_unavailable_error"
    code = "no_endpoint_available"


class PoolFullError(NoEndpointError):
    status = 429
    type = "rate_limit_error"
    code = "pool_full"


class QueueTimeoutError(PoolFullError):
    code = "queue_timeout"


class AllRestingError(NoEndpointError):
    """Every endpoint that could serve has failed, was drained, or its key was refused."""

    code = "all_endpoints_down"


class AllLimitedError(AllRestingError):
    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"


class ShuttingDownError(NoEndpointError):
    code = "shutting_down"


class UpstreamError(WrpError):
    """Tell how an endpoint failed.

    `retryable` says whether another endpoint or model may be tried; `at_fault` whether the
    endpoint should rest for a while. A refusal of the caller's own request is neither.
    """

    status = 502
    type = "upstream_error"
    code: str | None = "upstream_error"
    retryable: ClassVar[bool] = True
    at_fault: ClassVar[bool] = True


class RejectedError(UpstreamError):
    """A 4xx that blames the request: it goes back to the caller untouched."""

    status = 400
    type = "invalid_request_error"
    code = None
    retryable = False
    at_fault = False


class UpstreamMissingError(UpstreamError):
    """The endpoint has no such model: the operator's affair, so others may serve the request."""

    status = 404
    type = "invalid_request_error"
    code = "model_not_found"


class UpstreamContextError(UpstreamError):
    """The endpoint's window is too short: a longer one may still serve the request."""

    status = 400
    type = "invalid_request_error"
    code = "context_length_exceeded"
    at_fault = False


class RateLimitedError(UpstreamError):
    status = 429
    type = "rate_limit_error"
    code = "rate_limit_exceeded"


class NotReadyError(UpstreamError):
    """The endpoint is still starting; that is no fault."""

    status = 503
    type = "service_unavailable_error"
    code = "model_loading"
    at_fault = False


class UnauthorisedError(UpstreamError):
    """The upstream refused the proxy's key; the caller's own key is fine, hence not 401."""

    code = "upstream_authentication_error"


class UpstreamTimeoutError(UpstreamError):
    status = 504
    code = "upstream_timeout"


class DeadlineError(UpstreamTimeoutError):
    """The caller's own deadline is over: there is nobody left to try another endpoint for."""

    code = "deadline_exceeded"
    retryable = False
    at_fault = False


class DisconnectedError(UpstreamError):
    code = "upstream_disconnected"
