"""What a schema cannot say: the semantic validation that incident work runs into."""
