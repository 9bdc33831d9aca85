"""Orders, executions, FIX values, ids, inputs and events, and the rules that move an order.

Here: frozen values and pure functions, standard library only.
Not here: sockets, clocks, databases, logging, FIX tag syntax, venue names.
"""
