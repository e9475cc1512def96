"""Reports: what calls amount to by month, week or day, and by what they have in common.

They are read from the tallies alone. Days, weeks and months are those of the portal's zone, so that
a report says the same to everybody who reads it.
"""
