"""The control socket: how people and scripts on this machine talk to a running gateway.

Here: the words of the protocol (words), the register of verbs (verbs), the socket (server), and
its other end (client). One JSON object per line each way.
Not here: what any verb does (bootstrap registers them); commands for people (cli).
"""
