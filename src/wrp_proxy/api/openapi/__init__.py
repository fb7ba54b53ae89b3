"""The proxy's own description of its API, as OpenAPI: written by hand, for it relays JSON."""
