"""The processes of a stack under supervisord: started in waves, started again when they die, stopped in the opposite order."""
