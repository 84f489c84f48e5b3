"""The commands about actions and checks."""
