package structs

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
)

// InstanceNetwork is how the awsvpc tasks of a container instance reach those of others.
type InstanceNetwork struct {
	// Asks means that the agent can run awsvpc tasks and asks for a block. It is false for older
	// agents, and for one with a problem.
	Asks bool `json:"asks,omitzero"`
	// Block is the range of addresses for tasks of the instance, such as 10.213.3.0/24. The servers
	// choose it when the instance registers, and keep it while the instance may have tasks in it,
	// even if there is a Problem by now. An agent that registers names the block that it remembers.
	Block string `json:"block,omitzero"`
	// Key is the WireGuard public key of the instance, in base64; empty: traffic is not encrypted.
	Key string `json:"key,omitzero"`
	// Problem is why no awsvpc tasks can be placed on the instance, for people; empty if they can.
	Problem string `json:"problem,omitzero"`
}

// Runs reports whether awsvpc tasks can be placed on the instance, if it has a free address.
func (n *InstanceNetwork) Runs() bool { return n.Asks && n.Block != "" && n.Problem == "" }

// NetworkPeer is another instance of the cluster, as an agent needs it to reach the tasks there.
type NetworkPeer struct {
	Instance string `json:"instance"` // ContainerInstance.ID
	Address  string `json:"address"`  // of the machine
	Block    string `json:"block"`    // of its tasks
	Key      string `json:"key,omitzero"`
}

// IsPeer reports whether the instance is one that agents must reach: tasks may have addresses of
// its block, even if no more can be placed there.
func (i *ContainerInstance) IsPeer() bool { return i.Network.Block != "" && i.Address != "" }

// Peer returns the instance as other agents need it.
func (i *ContainerInstance) Peer() NetworkPeer {
	return NetworkPeer{Instance: i.ID, Address: i.Address, Block: i.Network.Block, Key: i.Network.Key}
}

// NetworkFrame tells an agent where the awsvpc tasks of the cluster are. The first one of a stream
// is Full: there are no other peers. Later ones have only what changed: first the peers in Gone are
// removed, then those in Peers are added, or replaced if they are known. One that only moved to
// another block is not in Gone.
type NetworkFrame struct {
	Full  bool          `json:"full,omitzero"`
	Range string        `json:"range"` // the addresses of all tasks of all instances
	Block string        `json:"block"` // the agent's own; empty if it has none (yet)
	Peers []NetworkPeer `json:"peers,omitzero"`
	Gone  []string      `json:"gone,omitzero"` // instances that are peers no more
}

// AssignBlocks gives instances the blocks of addresses that they should have under a range: those
// that lack one, share one with another instance, or have one outside the range without tasks in
// it.
type AssignBlocks struct {
	Instances   []string
	TaskNetwork TaskNetwork
	At          Time
}

// CommandType implements Command.
func (AssignBlocks) CommandType() CommandType { return CmdAssignBlocks }

// TaskMAC returns the hardware address of the network interface of a task with an IPv4 address:
// 02:67 (locally administered) and the address. It is empty if the text is no IPv4 address.
func TaskMAC(address string) string {
	a, err := netip.ParseAddr(address)
	if err != nil || !a.Is4() {
		return ""
	}
	b := a.As4()
	return fmt.Sprintf("02:67:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3])
}

// TaskInterfaceID returns the id of the network interface of an awsvpc task, in EC2's form: eni-
// and 17 hex digits.
func TaskInterfaceID(task string) string {
	const digits = 17
	return "eni-" + derived("eni/" + task)[:digits]
}

// TaskAttachmentID returns the id of the attachment of that interface to the task, a UUID (ECS).
func TaskAttachmentID(task string) string {
	d := derived("attachment/" + task)
	return d[:8] + "-" + d[8:12] + "-" + d[12:16] + "-" + d[16:20] + "-" + d[20:32]
}

// TaskSubnet returns the subnet that the network interface of a job's awsvpc task is shown in, one
// of those that the job names. Subnets are names here: the address of a task comes from its
// instance.
func TaskSubnet(job *Job, task string) string {
	if job == nil || job.Network == nil || len(job.Network.Subnets) == 0 {
		return DefaultSubnet
	}
	sum := sha256.Sum256([]byte("subnet/" + task))
	return job.Network.Subnets[int(sum[0])%len(job.Network.Subnets)]
}

// derived returns 64 hex digits that are always the same for the same text.
func derived(from string) string {
	sum := sha256.Sum256([]byte(from))
	return hex.EncodeToString(sum[:])
}
