"""The engine: plans, legs, undo and roll back, for any action; pure of SDKs."""
