"""The matrix of faults: a load of clients that note everything, a fault, and a check of what they were promised.

`make test` runs it short, with each kind of row at least once; `make faults` runs all of it, and long. A row is a test; its seed is
printed, and `FAULTS_SEED` repeats it.
"""
