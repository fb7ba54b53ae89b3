"""Hypothesis without deadlines: how long an example takes says nothing on a busy machine."""

from hypothesis import settings

settings.register_profile("unhurried", deadline=None, max_examples=60)
settings.load_profile("unhurried")
