"""Getting back what was missed: files of pushes, dropped by hand or fetched from a vendor at night.

``archives`` and ``lines`` read what strangers packed, ``tables`` what others exported; ``entries``
makes pushes of either. ``known`` tells what is here already. A file is looked through
(``checking``), confirmed (``asking``) and taken in (``taking``) by a process of its own
(``working``); ``night`` asks the vendors; ``pages`` and ``column_pages`` show all of it.
"""
