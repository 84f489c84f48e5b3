"""What everything in a cluster depends on."""
