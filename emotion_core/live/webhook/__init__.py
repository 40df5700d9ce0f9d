"""Events of rules sent to a program on this machine, and to no other."""
