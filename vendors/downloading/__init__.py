"""The door that requests of ours leave by, and recordings, which come from wherever a push says.

Plain Python. ``addresses`` says which IP addresses may be connected to, ``hosts`` which hosts an
administrator allows, ``connections`` checks both as it connects, ``door`` sends one request.

On the door stand ``download`` (a recording into a file), ``post`` (a webhook), ``Guarded`` in
``transport`` (for an ``httpx2.Client``) and ``Session`` in ``session`` (for libraries that speak
requests, such as the one for sign-in).
"""
