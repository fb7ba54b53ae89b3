"""Asks a model, behind the requests' back, whether answers of the cache are right."""
