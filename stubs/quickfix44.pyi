# The FIX 4.4 message classes of quickfix that the benchmarks use.

import quickfix

class Message(quickfix.Message): ...

class ExecutionReport(Message):
    def __init__(self) -> None: ...

class NewOrderSingle(Message):
    def __init__(self) -> None: ...
