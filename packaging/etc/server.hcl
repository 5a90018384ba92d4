# /etc/gantry/server.hcl: a server. The keys are the flags of `gantry server --help`, with underscores.
# Check it with: gantry config validate --role server /etc/gantry/server.hcl

data_dir = "/var/lib/gantry"

# This machine's address that the other machines reach, and where two of the servers are.
bind = "10.0.0.1"
join = ["10.0.0.2", "10.0.0.3"]

# How many servers form the new cluster: the same on each of them.
bootstrap_expect = 3

# Made once with `gantry keygen`; the same file on each server, which only the user gantry may read.
secret_file = "/etc/gantry/cluster.key"

zone = "a"

# Read again on `systemctl reload gantry-server`; everything else is at the next start.
log_level = "info"
