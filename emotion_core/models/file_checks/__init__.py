"""Files with networks, judged before a library builds or runs anything from them.

========================  ==========================================================================
``keras_files``           ``.keras``, ``.h5`` and ``.json``: the archive and what is in it
``keras_objects``         which objects of Keras a description may name, at any depth
``hdf5``                  arrays of weights: how large, where, and whether they are numbers
``litert_files``          which operations of LiteRT a ``.tflite`` may be made of
========================  ==========================================================================

What is accepted is listed, not what is refused. Nothing here imports Keras or TensorFlow.
"""
