"""The only place where zones meet: the table of segments and links, the messages, the closed list of error codes."""
