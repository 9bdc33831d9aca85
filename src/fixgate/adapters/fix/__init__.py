"""FIX: the door (sockets and limits), the QuickFIX sessions behind it, and the message codec.

Not here: what an order is and what becomes of it (domain, decide).
"""
