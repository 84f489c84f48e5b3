"""What makes the sandbox behave: clock, inhabitants, controllers, faults."""
