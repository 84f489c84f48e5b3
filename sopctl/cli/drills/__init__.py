"""The commands of ``sopctl drill``, one file each, and who answers in a drill."""
