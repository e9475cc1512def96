"""What the portal needs to know of a sound file: its kind, its peaks, a copy that browsers play.

Plain Python without Django; it knows nothing of the rest of ``calls``. ``kinds`` reads headers only
and may run anywhere. ``peaks`` and ``playing`` decode through libsndfile, which is C and is given
bytes that strangers sent: run them in a task process, on files of bounded size, so that a bug down
there costs one task and never the web server. Their time limit must be a hard one: an exception
that a signal raises, as Celery's soft limit does, may fall into a callback from C and be lost.

Every function takes any seekable binary file, a Django storage file among them, reads it from its
beginning wherever it stands, and never needs the whole of it in memory.
"""
