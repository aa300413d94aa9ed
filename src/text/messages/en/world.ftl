# Faults of files and processes.
fault-file-io = failed to { $act } “{ $path }”
fault-file-disk-full = failed to { $act } “{ $path }”: the disk is full
    .hint = Free some space on this file system, then run the command again; nothing recorded as done is lost.
fault-file-missing = failed to { $act } “{ $path }”: it does not exist
fault-file-denied = failed to { $act } “{ $path }”: permission denied
    .hint = Run as the user who owns it, or correct its owner and mode.
fault-file-locked = “{ $path }” is locked by another process
    .hint = Another duphong command or the daemon is at work; wait for it to end.
fault-process-missing = the program “{ $program }” was not found
    .hint = Install it, or give its full path in the configuration.
fault-process-start = failed to start “{ $program }”
fault-process-read = failed to read the output of “{ $program }”
fault-process-failed = “{ $program }” failed ({ $status }): { $stderr }
fault-process-timed-out = “{ $program }” did not end within { $seconds } s and was killed
