"""Training runs as the app and the command line share them: described, queued, watched, kept.

========================  ==========================================================================
``plan``                  what a run is to do, as a file that any process can act on
``run``                   one run: what its folder holds, and what state it is in
``storage``               the folder of all runs: list, create, rename, delete
``control``               what anybody may ask of a run: stop, cancel, resume
``queue``                 one run at a time, by a process that outlives whoever started it
``driver``                begins or resumes a run, trains it, keeps its model
``trainer``               the process that trains one run; only this one imports Keras
``sweep``                 many runs over chosen settings
``assistant``             previews and measurements for who sets a run up
========================  ==========================================================================
"""
