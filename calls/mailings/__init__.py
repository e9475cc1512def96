"""Reports and views of calls by e-mail, each Monday or on each month's first.

A mail is a row. Making that row is the claim to its Monday: it is unique, so that a mailing has one
mail for each, however many workers look what is due. What broke off before the mail server was told
is sent by another worker; what broke off while it was being told may have arrived, and is left to a
person.
"""
