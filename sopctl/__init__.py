"""sopctl runs incident runbooks: plan, apply, verify, roll back, and a journal of it all."""

__version__ = "0.1.0"
