"""Recorded live sessions: write them as they go, keep them, sum them up.

A session is a folder that only its owner can look into:

==================  ================================================================================
``session.json``    `SessionHeader`: when, with which model and settings, the consent that was given
``frames.csv``      one line a frame
``faces.csv``       one line a face: time, box, track, the seven scores, the answer
``events.csv``      one line an event that a rule made, when there was one
``video.mp4``       what was seen, when it was asked for
``edits.jsonl``     one line an edit: names, corrections and marks that people made; see `edits`
==================  ================================================================================

`recorder` writes it, `storage` lists, opens and deletes, `edits` applies what people said about it
afterwards, `rows` takes a person's rows of some time, `summary` sums up, `numbers` has what papers
report, `exports` makes files of it, `pictures` cuts out faces. Only `recorder` and `pictures` need
PyAV, and only reading the tables needs pandas.
"""
