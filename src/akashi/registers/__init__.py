"""
What every register of the city shares, whichever segment it stands in.

A database that binds a session to one subject, a change feed that is followed line by line, dates and texts as they were
written, and the desk at which every register but that of residents is asked. Two registers never call each other and share no
data; they share this code and the wire.
"""
