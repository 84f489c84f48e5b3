"""What a runbook has to be allowed: gathered from declarations, written as policies and roles."""
