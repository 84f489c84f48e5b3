"""The commands of ``sopctl audit``, one file each."""
