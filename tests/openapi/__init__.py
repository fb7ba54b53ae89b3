"""Our own OpenAPI document, and the proxy held against it."""
