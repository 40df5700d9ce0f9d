"""The engine of many machines: the hands of the pool are actors of a Ray cluster, one on each core.

Ray is imported in `engine` alone, and only when somebody asks for it. ``actor`` is what runs on
the nodes, ``counts`` how Ray sees it. What was read of a segment goes to the folder of the results,
which all nodes have to see, and not through Ray: only a few hundred bytes a part come back.
"""
