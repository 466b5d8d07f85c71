"""Pure rules: no I/O, no clock, no chance but what `clock` and `ids` hand out."""
