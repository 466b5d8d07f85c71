"""Known vulnerabilities of what we use: `make audit`. Python's packages by pip-audit, those of JavaScript by `npm audit`, and what neither
knows (the jars of the engines and of the example client, the modules of Go) by the same database as pip-audit's. Docs/security-audit.md
says what fails, what is excepted, and what no database knows.
"""
