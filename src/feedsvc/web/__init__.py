"""Web: what the outside sees over HTTP."""
