"""Calls in progress, and those whose end nobody told.

``board`` says what goes on at this moment, ``pages`` shows it, ``lost`` gives up what nobody spoke
of for long. A call was last spoken of when a push last said something new of it: ``updated_at``.
"""
