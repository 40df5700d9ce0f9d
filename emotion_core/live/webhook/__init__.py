"""Events of rules sent to a program that somebody may reach, usually on this machine."""
