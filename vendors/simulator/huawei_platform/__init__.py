"""Huawei's VoiceCall platform, simulated: real HTTP in, calls that live, real pushes out.

``platform`` is the way in; ``results.NUMBERS`` lists the callees that choose what happens.
"""
