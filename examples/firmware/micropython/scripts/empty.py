# Goes to the REPL at once.
