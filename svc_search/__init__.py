"""Search finds messages by what they say.

It promises: what is in the log is found within two seconds, the newest first; what is edited is found by its new words alone, and what is
deleted or has expired is in the index no more; an index that is lost is made again, of the database and the log. It does not know who may
see what. History does, and checks everything that is found before anyone is shown it.

`core/` has the rules; `feed.py` reads the log, `keeper.py` keeps an index of each part of the log that this instance holds, by `index/`,
and `archive.py` is where a new one comes from; `finder.py` asks all that hold a part.
"""
