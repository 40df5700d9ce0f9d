"""Recorded video: one file in, one recording out, of exactly the form that a live session has.

::

    settings = RecordedSettings(every=0.5, start=10.0, end=70.0, people=2)
    job = VideoJob(VideoFile.at("interview.mp4"), Path("out/interview"), model_dir, settings)
    with VideoAnalyst() as analyst:
        session = analyst.analyze(job, progress)     # a Session of `sessions.storage`

`job.VideoJob` says what is to be done, and `analysis.VideoAnalyst` does it in this very process
(foreign video is decoded in another one, as on the live page). ``progress`` is called with a
`job.Progress` several times a second, from the thread that called ``analyze``; what it raises ends
the work and comes out. What has been read by then is kept beside the target and is not read again:
the same job goes on where it stopped, and returns at once when it is finished. ``VideoJob.state()``
says which of these it is without opening the video. Whatever cannot be read is a `SourceError` on
one line. `pool.pool.VideoPool` does many jobs, several at a time, each worker a process of its own.

How it differs from the live page: no frame is dropped; times are the frames' presentation times,
from the start of the video; a face that is found late is followed back to where it appeared; scores
are smoothed over the time around, not before; and a video is read in *segments* of two minutes.
Each is read by itself, beginning some seconds before it, so that it makes no difference who reads
it, in which order, or how often somebody was interrupted: the rows are the same to the last byte.
`joining` puts the segments together, and says who is who.

==============  ====================================================================================
`settings`      what may be chosen, `RecordedSettings`
`job`           a video, its settings and where it goes; whether it is finished; `Progress`
`plan`          in which segments it is read, and what there is of them; who is at it
`segments`      a video cut into segments, and one of them read
`joining`       segments to one recording: tracks, persons, rows
`recording`     it is written as a session
`film`          its video with the boxes and the sound, where it is wanted
`analysis`      all of that for one video, in this process
`pool`          many videos, several processes
`cluster`       the same on many machines, by Ray
`addresses`     files in buckets: brought here and sent there
==============  ====================================================================================
"""
