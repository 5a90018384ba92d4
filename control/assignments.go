package control

import (
	"context"
	"time"

	"github.com/gantry-project/gantry/state"
	"github.com/gantry-project/gantry/structs"
)

// AssignmentStream is the stream of one agent's assignments. One goroutine reads it.
type AssignmentStream struct {
	store    *state.Store
	instance string
	sub      *state.Subscription
	// sent has what the agent was last told about each task that it knows and that has not stopped.
	sent map[string]told
	full bool // the next frame is a full one
	// settled means that the instance has counted as connected since the stream was opened.
	settled bool
	// deregistered means that the agent has been told that the instance is INACTIVE.
	deregistered bool
	pace         pace
	network      networkStream
}

// told is what an agent was told about a task.
type told struct {
	status structs.TaskStatus // the desired one
	files  int                // the version of its files (structs.FilesState)
	// drained means that the requests to it have ended.
	drained bool
}

func toldOf(t *structs.Task) told {
	now := told{status: t.DesiredStatus, drained: t.DrainedAt != 0}
	if t.Files != nil {
		now.files = t.Files.Wanted
	}
	return now
}

// versionWait is how long a stream waits for the registration that the agent knows. After the
// restore of a snapshot it never comes: then the agent must register again, before its lease runs
// out.
const versionWait = time.Second

// settleWait limits how long a stream waits for this server to know the instance, and then for the
// leader to know that it is connected.
const settleWait = 5 * time.Second

// Assignments opens the stream of an instance's agent, on any server. The stream shows this
// server's state, which may be slightly outdated. From then on the agent beats (Beat); until its
// first beat, the instance takes no work. The stream opens once this server knows the instance at
// the version of its agent's registration.
func (c *Control) Assignments(ctx context.Context, instance string, version int64) (*AssignmentStream, error) {
	sub := c.config.Store.Subscribe(state.Topic{Kind: state.TopicInstances, ID: instance})
	defer sub.Close()
	if c.config.Store.Snapshot().Instance(instance) == nil {
		waiting, cancel := context.WithTimeout(ctx, settleWait)
		defer cancel()
		// on the leader this returns at once; elsewhere it lets the registration arrive
		_ = c.config.Log.Current(waiting)
	}
	late := time.After(versionWait)
	for {
		row := c.config.Store.Snapshot().Instance(instance)
		if row == nil {
			return nil, structs.ErrInstanceNotRegistered(instance)
		}
		if _, err := c.Beat(instance); err != nil {
			return nil, err
		}
		if row.Version >= version {
			break
		}
		select {
		case <-sub.C:
		case <-late:
			return nil, structs.Errorf(structs.KindResourceNotFound, "registration %d of container instance %s is not known here; register again", version, instance)
		case <-ctx.Done():
			return nil, structs.ErrNoLeader()
		}
	}
	return c.openStream(instance), nil
}

func (c *Control) openStream(instance string) *AssignmentStream {
	topics := []state.Topic{{Kind: state.TopicInstanceTasks, ID: instance}, {Kind: state.TopicInstances, ID: instance}}
	s := &AssignmentStream{store: c.config.Store, instance: instance, full: true, sent: map[string]told{}}
	if row := c.config.Store.Snapshot().Instance(instance); row != nil && row.Network.Asks {
		s.network = networkStream{asks: true, addresses: c.config.TaskNetwork.Range}
		topics = append(topics, state.Topic{Kind: state.TopicPeers, ID: row.Cluster})
	}
	s.sub = c.config.Store.Subscribe(topics...)
	return s
}

// Settle waits until the leader knows that the agent is connected, and this server knows that.
// Before that, the agent could be told that tasks which it still runs are lost. Next calls it
// first. It fails if that takes too long, or when ctx ends.
func (s *AssignmentStream) Settle(ctx context.Context) error {
	if s.settled {
		return nil
	}
	sub := s.store.Subscribe(state.Topic{Kind: state.TopicInstances, ID: s.instance})
	defer sub.Close()
	waiting, cancel := context.WithTimeout(ctx, settleWait)
	defer cancel()
	for {
		row := s.store.Snapshot().Instance(s.instance)
		if row == nil {
			return structs.Errorf(structs.KindResourceNotFound, "container instance %s is not registered any more", s.instance)
		}
		// nobody waits for an INACTIVE one to connect
		if s.settled = row.AgentConnected || row.Status == structs.InstanceInactive; s.settled {
			return nil
		}
		select {
		case <-sub.C:
		case <-waiting.Done():
			return structs.ErrNoLeader()
		}
	}
}

// Next waits for the next frame. The first one comes as soon as the stream has settled. It fails
// when ctx ends, or if a restored snapshot does not have the instance.
func (s *AssignmentStream) Next(ctx context.Context) (structs.AssignmentFrame, error) {
	if err := s.Settle(ctx); err != nil {
		return structs.AssignmentFrame{}, err
	}
	for {
		if !s.pace.wait(ctx) {
			return structs.AssignmentFrame{}, ctx.Err()
		}
		changes, resync := s.sub.Take()
		if resync && s.store.Snapshot().Instance(s.instance) == nil {
			return structs.AssignmentFrame{}, structs.Errorf(structs.KindResourceNotFound, "container instance %s is not registered any more", s.instance)
		}
		if frame := s.frame(changes, resync); frame.Full || frame.Deregistered || len(frame.Assignments) > 0 || frame.Network != nil {
			s.pace.sent(time.Now())
			return frame, nil
		}
		select {
		case <-s.sub.C:
		case <-ctx.Done():
			return structs.AssignmentFrame{}, ctx.Err()
		}
	}
}

// frame collects what is new to the agent. Changes that only repeat the agent's own reports are
// left out, except when a task that the agent was told to run is STOPPED: the cluster may have
// ended it without the agent, and its containers must not outlive it.
func (s *AssignmentStream) frame(changes []state.Event, resync bool) structs.AssignmentFrame {
	snap := s.store.Snapshot()
	frame := structs.AssignmentFrame{Index: snap.Index(), Full: s.full || resync}
	frame.Network = s.network.frame(snap, s.instance, changes, frame.Full)
	if i := snap.Instance(s.instance); i != nil {
		told := s.deregistered
		s.deregistered = i.Status == structs.InstanceInactive
		frame.Deregistered = s.deregistered && !told
	}
	logMode := snap.EffectiveSetting(structs.PrincipalRoot, structs.SettingDefaultLogDriverMode).Value
	add := func(t *structs.Task) {
		before, known := s.sent[t.ID]
		now := toldOf(t)
		if t.Holds() {
			s.sent[t.ID] = now
		} else {
			delete(s.sent, t.ID)
		}
		if known && before == now || !known && !t.Holds() {
			return
		}
		a := structs.Assignment{Task: t, LogMode: logMode}
		if d := snap.TaskDefinition(t.TaskDefinition); d != nil {
			a.Definition = d.WithoutContents()
		}
		a.Mappings = volumeMappings(snap, a.Definition)
		a.DrainSeconds = drainSeconds(snap, t)
		a.MissingLogGroup = missesLogGroup(snap, t, a.Definition)
		if job := snap.Job(t.Job); job != nil {
			a.Overrides, a.LaunchType = job.Overrides, job.Launch()
			if own := snap.JobOf(t); own != nil && own.Network != nil {
				a.SecurityGroups = own.Network.SecurityGroups
			}
			a.Once = job.Batch != nil && job.Batch.OnInstanceLost != structs.LostRetry
			if job.Service != nil {
				a.Deployment, a.Images = imagesOf(snap, t)
			}
		}
		frame.Assignments = append(frame.Assignments, a)
	}
	if frame.Full {
		s.full = false
		clear(s.sent)
		for t := range snap.InstanceTasks(s.instance) {
			add(t)
		}
		return frame
	}
	for _, change := range changes {
		if changed, ok := change.Row.(*structs.Task); !ok {
			continue
		} else if t := snap.Task(changed.ID); t != nil {
			add(t)
		}
	}
	return frame
}

// drainSeconds returns how long the target groups of a task wait for open requests.
func drainSeconds(snap *state.Snapshot, t *structs.Task) (longest int) {
	for n := range t.Targets {
		if group := snap.TargetGroup(t.Targets[n].TargetGroup); group != nil {
			longest = max(longest, group.Deregistration())
		}
	}
	return longest
}

// Close ends the stream. The instance counts as connected until its lease runs out.
func (s *AssignmentStream) Close() { s.sub.Close() }

// imagesOf returns the deployment of a service's task, and the digests that it runs.
func imagesOf(snap *state.Snapshot, t *structs.Task) (deployment string, images []structs.PinnedImage) {
	if d := snap.Deployment(t.StartedBy); d != nil {
		return d.ID, d.Images
	}
	return "", nil
}
