"""Search, as its users have it: what they may ask, and what of what is found they may see.

`query.py` is the language, `matching.py` finds what is looked for in a message; `searcher.py` asks the search service, and believes it
nothing.
"""
