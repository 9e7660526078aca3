"""The rehearsal of a draft: simulated people play its phases, in a process and a database of their own.

`runner` is the side of the server: it starts the process, at most one at a time, and reads its reports. `__main__` is
the process, `play` its work. Nothing of the installation's database is read or written there: the process gets the
settings of the draft and a temporary folder.
"""
