"""Whether runbooks will work when they are needed."""
