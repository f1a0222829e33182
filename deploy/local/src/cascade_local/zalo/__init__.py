"""A stand-in for Zalo on this machine: its documented wire protocol, faults on order, a log of what it accepted."""
