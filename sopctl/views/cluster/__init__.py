"""A cluster at a glance: on a terminal, as a page, as JSON."""
