//! Notices and the doors they leave by: a real mail server, hostile ones, a web server.
