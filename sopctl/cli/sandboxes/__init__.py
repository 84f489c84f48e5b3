"""The commands of ``sopctl sandbox``, one file each."""
