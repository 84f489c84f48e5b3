"""The commands of ``sopctl runbook``, one file each."""
