"""Recorded live sessions: write them as they go, keep them, sum them up.

A session is a folder that only its owner can look into:

==================  ================================================================================
``session.json``    `SessionHeader`: when, with which model and settings, the consent that was given
``frames.csv``      one line a frame
``faces.csv``       one line a face: time, box, track, the seven scores, the answer
``events.csv``      one line an event that a rule made, when there was one
``video.mp4``       what was seen, when it was asked for
==================  ================================================================================

`recorder` writes it, `storage` lists, opens and deletes, `summary` sums up, `export` makes one file
of it. Only `recorder` needs PyAV, and only reading the tables needs pandas.
"""
