"""What the application needs from outside, as small Protocols and the values they carry.

Not here: any implementation.
"""
