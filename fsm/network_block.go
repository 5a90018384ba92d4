package fsm

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// NetworkOf returns the network of an instance with the block of addresses that it should have
// under a range. An instance keeps its block while the block is one of the range's and no other
// instance has a better claim to it. It also keeps a block outside the range, with a Problem, as
// long as its tasks have addresses of it: so a changed range moves one instance after the other and
// stops no task. Otherwise it gets the block that its agent remembers, if that is free, or else the
// lowest free one.
func NetworkOf(s *state.Snapshot, i *structs.ContainerInstance, remembered string, of structs.TaskNetwork) structs.InstanceNetwork {
	n := i.Network
	if n.Block != "" && !holds(s, i) {
		n.Block = ""
	} else if n.Asks && n.Block != "" {
		switch n.Problem = ""; {
		case of.Has(n.Block):
			return n
		case len(s.Usage(i.ID).Addresses) > 0:
			n.Problem = fmt.Sprintf("its block of addresses, %s, is not one of the servers' --task-network %s (--task-network-block %d); it gets a new one "+
				"when its awsvpc tasks have ended", n.Block, of.Range, of.BlockBits)
			return n
		}
		n.Block = ""
	}
	if !n.Asks || i.Status == structs.InstanceInactive {
		return n
	}
	n.Problem = ""
	free := freeBlocks(s, i, of)
	if from, _ := of.Covers(remembered); of.Has(remembered) && free.has(from) {
		n.Block = remembered
	} else if lowest := free.lowest(); lowest < of.Blocks() {
		n.Block = of.Block(lowest)
	} else {
		n.Problem = fmt.Sprintf("no block of addresses is free: instances have all %d of --task-network %s (--task-network-block %d); "+
			"deregister instances that are gone, or start all servers with a larger range", of.Blocks(), of.Range, of.BlockBits)
	}
	return n
}

// holds reports whether an instance has the best claim to its block. If two were given the same
// one, the claim of the earlier registration is better, and that of an instance without use for it
// is the worst.
func holds(s *state.Snapshot, i *structs.ContainerInstance) bool {
	for other := range s.HoldersOf(i.Network.Block) {
		if other.ID == i.ID {
			continue
		}
		switch mine, theirs := released(s, i), released(s, other); {
		case mine != theirs:
			if mine {
				return false
			}
		case other.RegisteredAt < i.RegisteredAt, other.RegisteredAt == i.RegisteredAt && other.ID < i.ID:
			return false
		}
	}
	return true
}

// released reports whether an instance has no use for its block any more: it is INACTIVE, and none
// of its tasks has an address.
func released(s *state.Snapshot, i *structs.ContainerInstance) bool {
	return i.Status == structs.InstanceInactive && len(s.Usage(i.ID).Addresses) == 0
}

// blocks is a set of blocks of a range, by their numbers.
type blocks []uint64

// freeBlocks returns the blocks of a range that an instance may have. Blocks of another size that
// others have count too.
func freeBlocks(s *state.Snapshot, i *structs.ContainerInstance, of structs.TaskNetwork) blocks {
	free := make(blocks, (of.Blocks()+63)/64)
	for n := range free {
		free[n] = ^uint64(0)
	}
	if spare := len(free)*64 - of.Blocks(); spare > 0 {
		free[len(free)-1] >>= spare
	}
	for other := range s.BlockHolders() {
		if other.ID == i.ID || released(s, other) {
			continue
		}
		from, to := of.Covers(other.Network.Block)
		for n := from; n <= to; n++ {
			free[n/64] &^= 1 << (n % 64)
		}
	}
	return free
}

func (b blocks) has(n int) bool { return b[n/64]&(1<<(n%64)) != 0 }

// lowest returns the lowest number in the set; one beyond the range if it is empty.
func (b blocks) lowest() int {
	for n, word := range b {
		if word != 0 {
			return 64*n + bits.TrailingZeros64(word)
		}
	}
	return 64 * len(b)
}

// giveBlock gives an instance the network that it should have, before it is put. Tasks that it has
// in a block which another instance keeps are asked to stop.
func giveBlock(tx *state.Tx, index uint64, at structs.Time, i *structs.ContainerInstance, remembered string, of structs.TaskNetwork) {
	if of.Blocks() == 0 { // an older server wrote the command
		return
	}
	had := i.Network.Block
	i.Network = NetworkOf(tx.Snapshot, i, remembered, of)
	if i.Network.Asks || had != "" { // other programs that register instances say themselves what they can
		i.Attributes = setAttribute(i.Attributes, structs.AttributeTaskENI, i.Network.Runs())
	}
	if i.Network.Block == had {
		return
	}
	if had != "" {
		stopInBlock(tx, index, at, i.ID, had)
	}
	if i.Network.Block != "" {
		takeFromReleased(tx, i, of)
	}
}

// takeFromReleased takes the blocks of instances that have no use for them, if they share addresses
// with the block of an instance.
func takeFromReleased(tx *state.Tx, i *structs.ContainerInstance, of structs.TaskNetwork) {
	mine, _ := of.Covers(i.Network.Block)
	var free []*structs.ContainerInstance
	for old := range tx.BlockHolders() {
		if old.ID != i.ID && released(tx.Snapshot, old) {
			free = append(free, old)
		}
	}
	for _, old := range free {
		if from, to := of.Covers(old.Network.Block); mine < from || to < mine {
			continue
		}
		is := *old
		is.Network.Block = ""
		is.Attributes = setAttribute(is.Attributes, structs.AttributeTaskENI, false)
		is.Version++
		tx.PutInstance(&is)
	}
}

// stopInBlock asks the tasks of an instance to stop that have addresses of a block which is another
// instance's. Their jobs replace them.
func stopInBlock(tx *state.Tx, index uint64, at structs.Time, instance, block string) {
	for _, old := range slices.Collect(tx.InstanceTasks(instance)) {
		if old.Address == "" || old.DesiredStatus == structs.TaskStopped {
			continue
		}
		t := *old
		t.DesiredStatus, t.StopCode = structs.TaskStopped, structs.StopInstanceLost
		t.StoppedReason = fmt.Sprintf("Two instances had the block of addresses %s: this instance got another one, and its tasks are replaced", block)
		setOnce(&t.StoppingAt, at)
		t.Version++
		tx.PutTask(&t)
		wake(tx, index, at, t.Job, structs.BecauseTaskChanged)
	}
}

// assignBlocks gives instances the networks that they should have.
func assignBlocks(tx *state.Tx, index uint64, cmd structs.AssignBlocks) (string, error) {
	var changed []*structs.ContainerInstance
	for _, id := range cmd.Instances {
		old := tx.Instance(id)
		if old == nil {
			continue
		}
		i := *old
		giveBlock(tx, index, cmd.At, &i, "", cmd.TaskNetwork)
		if i.Network == old.Network {
			continue
		}
		i.Version++
		tx.PutInstance(&i)
		changed = append(changed, &i)
	}
	instancesChanged(tx, index, cmd.At, changed)
	return "", nil
}

// setAttribute returns attributes with or without one that has no value, sorted if they were.
func setAttribute(list []structs.Attribute, name string, has bool) []structs.Attribute {
	is := func(a structs.Attribute) bool { return a.Name == name }
	if slices.ContainsFunc(list, is) == has {
		return list
	}
	if !has {
		return slices.DeleteFunc(slices.Clone(list), is)
	}
	n, _ := slices.BinarySearchFunc(list, name, func(a structs.Attribute, name string) int { return strings.Compare(a.Name, name) })
	return slices.Insert(slices.Clone(list), n, structs.Attribute{Name: name})
}
