"""Photos that were read as one set: a session whose frames are files, and that has no time.

Its tables are those of every session; ``photos.csv`` gives each frame its file. What is not there
is time: photos are not followed, so each face has a track of its own, and nobody is a person.

==============  ====================================================================================
``table``       which frame is which file, ``photos.csv``
``summary``     what the set comes to: how many faces show what
``figure``      that, drawn
==============  ====================================================================================
"""
