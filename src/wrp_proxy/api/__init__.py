"""HTTP only, no decisions; modules are endpoints, never called `router`."""
