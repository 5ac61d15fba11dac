//! One client session as a state machine, without sockets, clocks or tasks.
