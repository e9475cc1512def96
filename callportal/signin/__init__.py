"""How people come in: passwords, second factors, passkeys, single sign-on, and their sessions.

Built on django-allauth, of which only those pages exist that ``urls`` names. ``lockout`` counts,
``adapters`` and ``single`` are what the package asks us, ``witness`` writes down what happened.
"""
