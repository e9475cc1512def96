"""What takes long and is done by a process of its own: exports, bills.

A job is a row that says what is wanted, who has it, and how far it is: ``state`` (waiting, running,
and how it ended), ``attempts``, ``claimed_at``, ``rows_total`` and ``rows_done``. ``launching``
starts the process, ``claiming`` hands it a job, ``pulse`` gives its signs of life.
"""
