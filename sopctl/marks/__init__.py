"""How objects carry the mark of the run that holds them."""
