# Putting a restored portal in production's place.
fault-in-place-link = “{ $path }” is a symbolic link
    .hint = An exchange would replace the link and leave what it leads to. Name the real folder or file in the configuration.
fault-in-place-mount = “{ $path }” is a mount point, or holds one: “{ $mount }”
    .hint = A mount cannot be exchanged by renaming. Unmount it, or name a folder within it in the configuration.
fault-in-place-nested = “{ $inner }” lies in “{ $outer }”
    .hint = The two cannot be exchanged one by one. Restore into another folder with “duphong restore” and move it by hand.
fault-in-place-lacks = set “{ $set }” lacks “{ $source }”, which the portal has
    .hint = Choose a set that holds all of the portal: see “duphong snapshot show”. What the portal no longer needs can be taken out of the configuration.
fault-in-place-command = database “{ $database }” is known to commands only and cannot be exchanged in place
    .hint = Restore into a folder of its own and load it by “duphong restore --database { $database }=TARGET --production PORTAL”.
fault-in-place-no-whole-set = no set holds all sources of portal “{ $portal }”
    .hint = Sets taken as evidence do not count. See “duphong snapshot list”, and name a set.
fault-in-place-other-portal = set “{ $set }” is of portal “{ $found }”, not of “{ $wanted }”
    .hint = See “duphong snapshot list --portal { $wanted }”.
fault-in-place-taken = “{ $place }” exists and was not made by this run
    .hint = It was left as it is. Look at what it is, move it away, and try again.
fault-in-place-in-the-way = “{ $place }” has come to stand where the exchange needs a free name
    .hint = Somebody or a program made it in the middle of the exchange. Move it away, then go on or back; nothing was overwritten.
fault-in-place-not-staged = “{ $part }” is not brought back whole beside production
    .hint = “restore.stage” must be done for the same run and set before.
fault-in-place-lost = what was brought back of “{ $part }” is no longer at “{ $place }”
    .hint = Somebody has moved or removed it, or replaced it after the exchange. Look at which of the copies is which before anything is moved.
fault-in-place-half = “{ $part }” is in the middle of an exchange: production is aside, and nothing is in its place
    .hint = End the exchange first, forwards or back. Until then the restored copy is not removed.
fault-in-place-too-long = step “{ $step }” was not done within { $seconds } s
    .hint = It can be tried again and goes on where it got to. Give it a longer timeout in the playbook.
