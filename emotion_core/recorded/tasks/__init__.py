"""Videos and sets of photos that the app was given: queued, watched, kept until they are sessions.

==============  ====================================================================================
``task``        one of them: a folder, what is to be done, and where it stands
``storage``     the folder of all: list, delete
``adding``      puts videos and photos into the queue
``finding``     what there is to read in a folder of somebody's
``control``     what anybody may ask of one: pause, cancel, go on
``queue``       one after the other, by a process that outlives whoever asked
``reader``      the process that reads one task
==============  ====================================================================================
"""
