# What is sealed by age, and the keys that open it.

fault-seal-not-an-identity = line { $line } is no age identity
    .hint = It must be a file that age-keygen wrote: a key a line, beginning with AGE-SECRET-KEY-1.
fault-seal-no-identity = there is no age identity in the file
    .hint = It must be a file that age-keygen wrote: a key a line, beginning with AGE-SECRET-KEY-1.
fault-seal-wrong-identity = this identity does not open it: it is sealed to another
    .hint = “snapshot show” tells to which recipients; “age-keygen -y FILE” prints the recipient of an identity.
fault-seal-not-sealed = this is not sealed by age, or its head is damaged
fault-seal-damaged = what is sealed is damaged: { $detail }
    .hint = Take it from another repository or from another set.
fault-seal-read = what is sealed cannot be read: { $detail }
fault-seal-write = what was opened cannot be written: { $detail }
fault-seal-gone = whoever read what was opened is gone
