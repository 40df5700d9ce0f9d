"""Models from elsewhere: read in a process of their own, asked about, tried out, then kept.

========================  ==========================================================================
``staging``               reads files into a temporary folder; whatever is refused leaves nothing
``uploads``               receives the files: what they are called, and what they begin with
``reading``               starts the process that reads them, and waits for what it tells
``worker``                that process: judges, converts and tries a network; has little of anything
``unpacking``             a zip of this project, opened there
``probing``               what a network takes and returns, found out there
``answers``               what files do not say: the range of values, the colours, the classes
========================  ==========================================================================

``staging.stage_model`` returns a model that is not in the library yet; what its file does not say
is guessed by ``answers.guess_answers`` and may be corrected; ``StagedModel.classifier`` then reads
faces with it, and ``StagedModel.keep`` puts it into the library.
"""
