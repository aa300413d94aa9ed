# Faults of files, processes and the network.
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
fault-process-stopped = “{ $program }” was stopped on request
fault-process-silent = “{ $program }” neither read nor wrote anything for { $seconds } s and was killed
    .hint = Run the command by hand to see what it waits for (a password, a lock, the network). If its silence is healthy, raise “silence” in the configuration.
fault-process-ours = the stream of “{ $program }” could not be passed on
fault-process-unread = “{ $program }” ended without reading the whole stream
    .hint = A load command must read its standard input to the end. Its target may hold a part of the data.
fault-process-behind = “{ $program }” ended while programs that it had started ran on: { $processes }
    .hint = These were ended, and nothing of this run is kept. Let the program wait for them (“wait”); start a service that is to stay by the service manager.
fault-process-left = “{ $program }” failed ({ $reason }) and left processes behind that could not be ended
    .hint = Find them with “ps” and end them before the next run.
fault-net-no-resolvers = there is no name server to ask: { $detail }
    .hint = Name at least one under “network.resolvers”, or in /etc/resolv.conf.

# Mail.
fault-mail-bad-address = “{ $address }” is no mail address
    .hint = Write “an@example.vn” or “Nguyễn Văn An <an@example.vn>”; the address itself in plain ASCII.
fault-mail-bad-header = { $field ->
    [subject] the subject holds a line break or control character, or is too long
    [attachment] the name of an attachment holds a character that is not allowed
    [media-type] the media type of an attachment is not valid
   *[id] the letter's id holds a character that is not allowed
}
fault-mail-bad-letter = the letter cannot be written: { $detail }
fault-mail-too-large = the letter has { BYTES($bytes) }, { BYTES($max) } are the most
    .hint = Leave out or shrink attachments, or have the mail server's limit raised.
fault-mail-setup = the mail server cannot be asked
fault-mail-bad-host = “{ $host }” is no name of a server
    .hint = Correct “notices.smtp.host” in the configuration.
fault-mail-no-address = no address was found for the mail server “{ $host }”
    .hint = Check the name in the configuration, and this machine's DNS.
fault-mail-unreachable = the mail server “{ $host }” cannot be reached on port { NUMBER($port, useGrouping: "false") }
    .hint = Check that it runs, and that the firewall lets this machine out to that port.
fault-mail-no-starttls = the mail server “{ $host }” does not offer STARTTLS; duphong sends nothing unencrypted
    .hint = Switch STARTTLS on at the server, or use port 465 with “security: tls”.
fault-mail-tls = no safe connection with the mail server “{ $host }”
fault-mail-no-login = the mail server “{ $host }” offers no login with a password
    .hint = Check the port (usually 587 or 465), or leave “user” out if the server asks for none.
fault-mail-wrong-login = the mail server does not accept the account or its password ({ $code } { $answer })
    .hint = Check the account and the password file of “notices.smtp”.
fault-mail-refused = the mail server refused { $phase ->
    [greeting] us from the start
    [hello] our greeting
    [starttls] the change to TLS
    [login] the login
    [sender] the sender
    [recipient] the recipient
    [data] to take a letter
   *[letter] the letter
}: { $code } { $answer }
    .hint = Read its answer; if it refused a recipient, check the address.
fault-mail-deferred = the mail server put off { $phase ->
    [greeting] us from the start
    [hello] our greeting
    [starttls] the change to TLS
    [login] the login
    [sender] the sender
    [recipient] the recipient
    [data] taking a letter
   *[letter] the letter
}: { $code } { $answer }
    .hint = It does not take it for the moment; send it again later.
fault-mail-timed-out = the mail server did not finish within { $seconds } s; it stopped at { $phase ->
    [resolve] looking up its address
    [connect] connecting
    [handshake] the TLS handshake
    [greeting] its greeting
    [hello] saying what it can do
    [starttls] the change to TLS
    [login] the login
    [sender] the sender
    [recipient] a recipient
    [data] taking a letter
   *[letter] the letter itself
}
    .hint = Check the network and firewall on the way to it; if the server is slow, raise “timeout”.
fault-mail-broken = the connection to the mail server broke at { $phase ->
    [handshake] the TLS handshake
    [greeting] its greeting
    [hello] saying what it can do
    [starttls] the change to TLS
    [login] the login
    [sender] the sender
    [recipient] a recipient
    [data] taking a letter
   *[letter] the letter itself
}
fault-mail-not-smtp = the other side does not answer like a mail server ({ $phase }: { $detail })
    .hint = Check the name, the port and “security”: “tls” usually goes with port 465, “starttls” with port 587.
fault-mail-unknown = the letter was handed over and no answer came: whether it arrived is not known
    .hint = Ask the recipient or the mail server's administrator before sending again; the letter keeps its Message-ID.

# TLS.
fault-tls-authorities = “{ $path }” is no usable file of authorities: { $detail }
    .hint = A PEM file with the certificates of the authorities is needed.
fault-tls-unavailable = TLS cannot be used: { $detail }
fault-tls-expired = the server's certificate has expired
    .hint = Have the server's administrator renew it, and check this machine's clock.
fault-tls-not-yet-valid = the server's certificate is not valid yet
    .hint = Check this machine's clock.
fault-tls-unknown-issuer = no trusted authority vouches for the server's certificate
    .hint = If the agency has an authority of its own, name the file with its certificate under “authorities”.
fault-tls-wrong-name = the server's certificate is not for this name
    .hint = Write the name that is in the certificate; if the name is right, another machine may be answering.
fault-tls-certificate = the server's certificate is not valid: { $detail }
fault-tls-handshake = the TLS handshake failed: { $detail }
    .hint = Check the port and “security”: the other side may not speak TLS, or only too old a version.

# Webhooks.
fault-webhook-bad-url = “{ $url }” cannot serve as a webhook: { $reason ->
    [password] the address holds a password
    [clear] http:// is for this machine itself only
   *[form] it is no https:// address
}
    .hint = Use an https:// address; the signing key goes into a secret file of its own, not into the address.
fault-webhook-setup = the webhook cannot be asked
fault-webhook-tls = no safe connection with the webhook
fault-webhook-unreachable = the webhook cannot be reached: { $detail }
    .hint = Check the address, and this machine's DNS and firewall.
fault-webhook-timed-out = the webhook could not be reached within { $seconds } s
    .hint = Check the address, and this machine's DNS and firewall.
fault-webhook-redirected = the webhook sends us elsewhere ({ $status }), where duphong does not go
    .hint = Write the final address into the configuration.
fault-webhook-refused = the webhook refuses ({ $status }): { $answer }
    .hint = Check the address, and the signing key agreed with the other side.
fault-webhook-unknown = the webhook was reached and gave no answer: { $detail }
    .hint = The other side may have taken it; when sent again it carries the same id in X-Duphong-Id.
