package scheduler

import "github.com/gantry-project/gantry/structs"

// stopReplaced stops tasks on lost instances as far as others have taken their place. What has no replacement, since there is no room
// for one, is left: should the instance come back, it is there at once. (ECS never replaces the tasks of an instance whose agent is lost.)
func (s *service) stopReplaced() {
	f := &s.fleet
	n := f.alive() + len(s.plan.Placements) + len(f.lost) - s.count
	if n <= 0 {
		return
	}
	open := s.unprotected(f.lost, n)
	for _, t := range open[:min(n, len(open))] {
		s.stop(t, structs.ReasonInstanceLost)
		f.leaving[t.ID] = true
	}
}

// lost says whether an instance's agent is not heard of any more. Nobody knows how its tasks are.
func lost(i *structs.ContainerInstance) bool {
	return i != nil && i.Status != structs.InstanceInactive && !i.AgentConnected
}
