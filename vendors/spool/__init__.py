"""The spool: where the web process keeps pushes while the database cannot.

A push is sealed, framed, written to a file of this process's own and synced to the disk before it
is thanked for. When the database is back, a thread of a web process keeps what stands in the spool
as it would have been kept: with its moment, its verdict and its nonce, in its order, once.

``frames`` is the format, ``records`` what stands in a frame, ``files`` writes and claims files,
``doors`` knows accounts that cannot be asked for, ``reach`` says whether the database is tried at
all and for how long, ``draining`` empties files and ``keeper`` is the thread that does so.
"""
