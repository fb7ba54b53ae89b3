"""JSON schemas that OpenAI takes with `strict`, which allows less than Anthropic does."""


def is_strict(schema: object) -> bool:
    """Tell whether every object forbids further properties and requires all its own."""
    if isinstance(schema, list):
        return all(map(is_strict, schema))
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" and not _is_closed(schema):
        return False
    return all(map(is_strict, schema.values()))


def _is_closed(schema: dict[str, object]) -> bool:
    properties, required = schema.get("properties"), schema.get("required")
    if schema.get("additionalProperties") is not False or not isinstance(properties, dict):
        return False
    return all(name in required for name in properties) if isinstance(required, list) else False
