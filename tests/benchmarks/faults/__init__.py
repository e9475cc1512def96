"""Kills, faults and overload against a running portal: ``./portal bench faults [--embedded]``.

``stand`` is the portal with its servers, ``traffic`` pushes and notes what was acknowledged,
``strikes`` are the named points and faults, ``found`` counts afterwards, ``overload`` offers more
than can be processed. Processes of the portal kill themselves at a named point by ``hooks/``, which
reaches them by PYTHONPATH: nothing of it is in the product.
"""
