"""Live values and marks on the Lab Streaming Layer, which recorders in laboratories read.

Each person is a stream of seven channels, and the marks are one of text
(https://labstreaminglayer.org). `library` says whether pylsl is there, which most people do not
have; `outlets` makes the streams and says in them what LabRecorder keeps; `publishing` feeds them
from a thread of its own.
"""
