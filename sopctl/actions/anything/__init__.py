"""Whatever else a runbook has to do: what only its author knows how to look at and take back."""
