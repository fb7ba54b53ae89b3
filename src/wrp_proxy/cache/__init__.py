"""ASKED BEFORE? The cache in front of the models."""
