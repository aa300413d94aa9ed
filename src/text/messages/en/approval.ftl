# Approvals: signatures that are none.
fault-approval-malformed = this is no SSH signature that can be read ({ $detail })
    .hint = Sign the file of “playbook approve --statement FILE” with “ssh-keygen -Y sign -n duphong-approval”.
fault-approval-namespace = this signature was made for “{ $namespace }”, not for “{ $wanted }”
    .hint = Sign again, with “-n { $wanted }”.
fault-approval-key-kind = keys of kind { $kind } are not taken
    .hint = Use an Ed25519 key, in a file (ssh-ed25519) or in a hardware token (sk-ssh-ed25519@openssh.com).
fault-approval-other-key = this signature was not made with the key of { $approver }
fault-approval-mismatch = this signature does not belong to this run, plan, gate and decision
    .hint = Write the statement anew with “playbook approve --statement FILE”, read it, and sign it unchanged.
fault-approval-not-touched = the hardware token signed without being touched: any program could have asked it to
    .hint = Use a key that was made without “no-touch-required”.
fault-approval-public-key = the public key of { $approver } in the configuration cannot be read
fault-approval-private-key = this is no private key of OpenSSH ({ $detail })
fault-approval-protected = the key has a passphrase, which duphong never asks for
fault-approval-elsewhere = the private half of the key lies in an agent or a hardware token
