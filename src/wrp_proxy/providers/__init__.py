"""IN WHOSE WORDS? Providers translate, the upstream client talks."""
