"""The strict YAML that people write files in, and how what is wrong in them is said."""
