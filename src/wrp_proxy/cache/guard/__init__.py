"""Compares the words of two questions, without a model."""
