"""What is true of the target: typed values from one snapshot reader, and the clients beside it."""
