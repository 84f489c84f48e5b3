"""Whether traffic can leave a zone."""
