"""Pictures of the faces of a session, cut from its video where there is one.

`choosing` says which faces are worth a picture, `cutting` cuts them out, once for all who look, and
keeps them in the cache until the session is deleted.
"""
