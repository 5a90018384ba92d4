# /etc/gantry/agent.hcl: a machine that runs tasks. The keys are the flags of `gantry agent --help`, with underscores.
# Check it with: gantry config validate --role agent /etc/gantry/agent.hcl

data_dir = "/var/lib/gantry-agent"

# This machine's address that the other machines reach, and where servers are.
bind = "10.0.0.11"
join = ["10.0.0.1", "10.0.0.2", "10.0.0.3"]

# The agents' part of the secret: gantry keygen --agent-from cluster.key. Only root may read the file.
secret_file = "/etc/gantry/agent.key"

cluster = "default"
zone    = "a"

# For placement constraints and strategies, as in memberOf(attribute:disk == ssd).
attributes = {
  disk = "ssd"
}

# Beside a server of the same address, gossip needs another port:
# gossip_port = 5759

# Read again on `systemctl reload gantry-agent`; everything else is at the next start.
log_level = "info"
