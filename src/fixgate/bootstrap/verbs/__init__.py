"""What can be asked of a gateway, running or stopped, over its control socket or its store.

Here: giving (how a command becomes an input), orders and sessions (verbs that change something),
looking (verbs that do not), stopped and stopped_sessions (the same on a gateway that does not
run).
Not here: the protocol (adapters.control); what a command does to orders (decide.operator).
"""
