"""For tests of actions and checks, here and elsewhere: the laws, and a world to prove them in."""
