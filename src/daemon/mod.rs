//! The process that runs day and night: builds the real world, starts the scheduler, answers
//! systemd, signals, the control socket and those who ask for its health.
