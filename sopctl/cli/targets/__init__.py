"""The commands of ``sopctl target``, one file each."""
