"""What makes the sandbox behave: its clock, its first inhabitants, its controllers and its faults."""
