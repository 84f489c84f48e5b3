"""Where nodes are, and where more of them can be."""
