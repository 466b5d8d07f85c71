"""Accounts: who people are, how they prove it, and for how long.

It promises that a user name belongs to one user, also after they are gone; that a password is never kept nor guessed at speed, and that
nobody can lock out another by guessing; that an access token can be checked by anyone who has the public key and ends within minutes; that
a refresh token works once: whoever uses a stolen one ends the session; and that what ends, by whatever way, loses its connections.

`core/` has the rules, a file for each matter; the modules beside it carry them out; `service.py` is the door.
"""
