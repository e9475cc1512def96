"""Keeps one push from costing its neighbours, whatever it does to the code that reads it.

``bounds`` limits time and memory, so that a push that hangs or eats raises; ``notes`` remembers
outside the process what it is reading, so that one that ends the process is known afterwards.
"""
