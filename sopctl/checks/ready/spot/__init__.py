"""What is bought as spot, and what happens when it is taken back."""
