"""Vendors' bills against our calls.

A file goes this way: ``files`` opens it (``texts`` CSV, ``workbooks`` XLSX); ``heads`` guesses what
its columns are, a person decides in ``choosing``, and ``mapping`` says it; ``lines`` reads its rows
with ``cells`` and ``moments``; ``tables`` holds both sides while they are compared; ``matching``
finds the call of each row; ``writing`` writes down what each comes to, and ``sums`` adds it up.
``working`` is the process that does this, ``keeping`` keeps the files, ``lists`` shows the outcome.
"""
