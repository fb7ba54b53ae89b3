"""WHAT kind of task is it? The category of a request, learnt from example prompts."""
