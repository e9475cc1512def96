"""Backups: the database and the files that it names, as of one moment, in a folder each.

::

    TARGET/
      2026-11-21T231500Z/     a whole backup: nobody may enter it but the portal's user
        manifest.json         written last: what it is, what it takes to restore it, counts of rows
        files.jsonl           one line a file: name, bytes, SHA-256, the key that it is sealed with
        database.sqlite3      or database.dump, as pg_dump makes it
        recordings/…, bills/…, imports/…
      unfinished/             one that is being made, or that broke off: never taken for a whole one

A file that an earlier backup in TARGET has is linked, not copied. With ``BACKUP_KEY``, all that is
not sealed already is sealed with it, and has ``.sealed`` behind its name. Keys are no part of a
backup; the manifest names those that it takes, by an id that tells nothing of them.
"""
