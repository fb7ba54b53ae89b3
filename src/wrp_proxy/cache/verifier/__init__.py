"""Tells by what it was taught whether two questions are the same."""
