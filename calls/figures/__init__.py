"""Figures of calls: counts and sums over a range of time, of any search.

They come from the tallies where those can tell, else from the rows of calls; both give the same.
Nothing here knows of requests or pages.
"""
