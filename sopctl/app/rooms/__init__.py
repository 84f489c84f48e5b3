"""New rooms: a working skeleton of an action or a check, its test, and its lines in the tables."""
