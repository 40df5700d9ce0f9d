"""The numbers that papers report of a session: per person and range of time, with intervals.

`measures` has shares of time, mean scores, episodes; `around` the average around marks of one
label; `comparing` sets two ranges, people or groups of sessions side by side; `baseline` takes a
person's rest away from their scores. What `emotion_core.sessions.summary` counts is counted there
only.

Frames that follow each other are alike, so they are no independent observations: all intervals over
time come from blocks of it, `resampling`.
"""
