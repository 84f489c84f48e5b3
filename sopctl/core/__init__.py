"""The vocabulary of sopctl: frozen values, errors and the clock; standard library only, no I/O."""
