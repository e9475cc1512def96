"""Plays the four vendors, faithfully to their documents, for the demo and the tests.

``plan`` makes up a month of calls; a module a vendor turns each call into the pushes that this
vendor would send; ``sending`` delivers them over HTTP; ``agreement`` counts what came of it.
``huawei_platform`` is the other direction: it takes requests and places calls; ``placing`` has the
portal place some. Nothing here reads an adapter: what a call should look like is known before any
push is written.
"""
