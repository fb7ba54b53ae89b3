"""WHAT is asked? The workload of a request, seen without asking anybody."""
