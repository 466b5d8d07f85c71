"""The `elastic-chat` command: it fetches the engines, plans the processes of a stack, supervises them, and reports on them."""
