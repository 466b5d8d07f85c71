"""Files: what people send each other besides text.

It promises: an upload that was interrupted goes on where it was, through any instance; what a file is, is found out by its content and
never believed; an image is drawn anew, without what it tells of its maker; nobody gets a file but who uploaded it and the members of a
conversation that it was posted in while they were there; the same content is kept once; and what nobody can get any more is deleted.

`core/` has the rules; `uploads.py`, `intake.py`, `library.py`, `postings.py` and `collector.py` carry them out; `web.py` is the door for
bytes, `service.py` the one for calls; `workshop.py` is where files are looked into, a process for each.
"""
