"""The runbook language: model, loader, expressions, lint, schema."""
