"""The settings of a stack: what can be set, what an operator has set, and what every process has."""
