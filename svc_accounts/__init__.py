"""Accounts: who people are, how they prove it, and for how long.

It promises that a user name belongs to one user, that a password is never kept nor guessed at speed, that an access token can be checked by
anyone who has the public key and ends within minutes, and that a refresh token works once: whoever uses a stolen one ends the session.
"""
