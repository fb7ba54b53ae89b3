"""Answers as clients get them, read for verification."""
