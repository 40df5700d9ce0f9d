"""Photos in bulk: each is read by itself, and what was read is noted at once.

==============  ====================================================================================
``reading``     the faces of one photo, and what tells it from others
``journal``     what has been read so far, a line a photo: nothing of it is read again
``job``         a set of photos, how they are read, and where the session goes
``analysis``    all of a set, in this process
``recording``   it is written as a session
==============  ====================================================================================
"""
