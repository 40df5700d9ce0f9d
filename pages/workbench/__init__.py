"""One session, whatever it was recorded from: looked at, marked, corrected, counted, taken away.

`view` is the frame. The player stands on top; below it each part has a module of its own and runs
by itself (``st.fragment``), as long as its tab is open: `people`, `marks`, `numbers`, `files`. What
changes what another part shows ends with ``st.rerun()``, for all of them. Photos do not play: they
have `photos` and `files`.
"""
