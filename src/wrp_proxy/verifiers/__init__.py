"""Checks of answers before anybody sees them."""
