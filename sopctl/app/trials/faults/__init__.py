"""A fault at every call: what happens then, and whether it ends where it should."""
