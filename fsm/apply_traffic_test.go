package fsm

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/gantry-project/gantry/structs"
)

// The ids of the rows below.
const (
	lbID, listenerID, ruleID, groupID = "50dc6c495c0c9188", "f2f7dc8efc522ab2", "1683b2d02a6cabee", "73e2d6bc24d8a067"
	defaultRuleID                     = "9683b2d02a6cabee"
)

func putLoadBalancerCommand(was int64) structs.PutLoadBalancer {
	return structs.PutLoadBalancer{Was: was, LoadBalancer: structs.LoadBalancer{ID: lbID, Name: "front", Type: structs.LoadBalancerApplication, Version: was + 1}}
}

func putGroupCommand(was int64) structs.PutTargetGroup {
	return structs.PutTargetGroup{Was: was, Group: structs.TargetGroup{ID: groupID, Name: "web", Protocol: structs.ProtocolHTTP, Port: 80, Version: was + 1}}
}

func forwardTo(group string) []structs.RuleAction {
	return []structs.RuleAction{{Type: structs.ActionForward, Forward: &structs.ForwardAction{Groups: []structs.WeightedGroup{{TargetGroup: group, Weight: 1}}}}}
}

func putListenerCommand(was int64, group string) structs.PutListener {
	return structs.PutListener{Was: was, Listener: structs.Listener{
		ID: listenerID, LoadBalancer: lbID, Protocol: structs.ProtocolHTTP, Port: 80, DefaultActions: forwardTo(group), DefaultRule: defaultRuleID, Version: was + 1,
	}}
}

func putRuleCommand(was int64, group string) structs.PutListenerRule {
	return structs.PutListenerRule{Was: was, Rule: structs.ListenerRule{ID: ruleID, Listener: listenerID, Priority: 10, Actions: forwardTo(group), Version: was + 1}}
}

// TestTargetGroupOfAService stays as long as the service is there.
func TestTargetGroupOfAService(t *testing.T) {
	h := serving(t)
	h.do(putGroupCommand(0))
	for n, balancer := range []structs.ServiceLoadBalancer{
		{TargetGroup: groupID}, {TargetGroup: "other", Alternate: &structs.AlternateTargets{TargetGroup: groupID}},
	} {
		put := putServiceCommand("s1", "web", n+2, fmt.Sprint("le", n), "")
		put.Job.Service.LoadBalancers = []structs.ServiceLoadBalancer{balancer}
		h.do(put)
		h.refused(structs.DeleteTargetGroup{ID: groupID}, structs.KindResourceInUse, "is currently in use by service web of cluster prod")
	}
	h.do(putServiceCommand("s1", "web", 4, "le9", ""))
	h.do(structs.DeleteTargetGroup{ID: groupID})
	if h.snap().TargetGroup(groupID) != nil {
		t.Error("the target group is still there")
	}
}

// TestTrafficThatIsNotThere: what a row names must exist, and a change that another one overtook is
// refused, so that nothing is lost.
func TestTrafficThatIsNotThere(t *testing.T) {
	h := newHarness(t)
	h.refused(putListenerCommand(0, groupID), structs.KindLoadBalancerNotFound, "not found")
	h.do(putLoadBalancerCommand(0))
	h.refused(putListenerCommand(0, groupID), structs.KindTargetGroupNotFound, "not found")
	h.do(putGroupCommand(0))
	h.refused(putRuleCommand(0, groupID), structs.KindListenerNotFound, "not found")
	h.do(putListenerCommand(0, groupID))
	h.do(putRuleCommand(0, groupID))
	h.do(structs.TagCommand{Resource: "listener-rule/app/front/" + lbID + "/" + listenerID + "/" + defaultRuleID, Tags: []structs.Tag{{Key: "a"}}})
	h.refused(structs.TagCommand{Resource: "listener-rule/app/other/" + lbID + "/" + listenerID + "/" + ruleID}, structs.KindInvalidParameter, "not found")
	for _, overtaken := range []structs.Command{putLoadBalancerCommand(7), putGroupCommand(7), putListenerCommand(7, groupID), putRuleCommand(7, groupID)} {
		h.refused(overtaken, structs.KindConflict, "is being changed by another call")
	}
	h.do(structs.DeleteLoadBalancer{ID: lbID})
	h.refused(putRuleCommand(1, groupID), structs.KindListenerNotFound, "not found")
	h.do(structs.DeleteTargetGroup{ID: groupID})
}

// TestDeregisteredTargets keep the time of the first call, and go at once if there is none.
func TestDeregisteredTargets(t *testing.T) {
	h := newHarness(t)
	h.do(putGroupCommand(0))
	h.do(structs.RegisterTargets{TargetGroup: groupID, Targets: []structs.Target{{Target: "10.0.0.1", Port: 80}, {Target: "10.0.0.2", Port: 80}, {Target: "10.0.0.3", Port: 80}}})
	h.do(structs.DeregisterTargets{TargetGroup: groupID, Targets: []structs.TargetKey{{Target: "10.0.0.1"}}, DrainUntil: 100})
	h.do(structs.DeregisterTargets{TargetGroup: groupID, Targets: []structs.TargetKey{{Target: "10.0.0.1"}, {Target: "10.0.0.2"}}, DrainUntil: 200})
	h.do(structs.DeregisterTargets{TargetGroup: groupID, Targets: []structs.TargetKey{{Target: "10.0.0.3"}}})
	var left []string
	for target := range h.snap().Targets(groupID) {
		left = append(left, fmt.Sprint(target.Target, " ", target.DrainUntil))
	}
	if got := fmt.Sprint(left); got != "[10.0.0.1 100 10.0.0.2 200]" {
		t.Errorf("targets %s", got)
	}
	many := make([]structs.Target, structs.MaxTargets)
	for n := range many {
		many[n] = structs.Target{Target: "10.0.1.1", Port: int32(n + 1)}
	}
	h.refused(structs.RegisterTargets{TargetGroup: groupID, Targets: many}, structs.KindTooManyTargets, "at most 1000")
	if h.snap().Target(groupID, "10.0.1.1", 1) != nil {
		t.Error("some of the targets that are too many were registered")
	}
}

// anyTraffic draws a command about load balancers and target groups.
func anyTraffic() *rapid.Generator[structs.Command] {
	return draw(func(t *rapid.T) structs.Command {
		was := rapid.Int64Range(0, 2).Draw(t, "version")
		switch rapid.IntRange(0, 10).Draw(t, "kind") {
		case 0:
			return putLoadBalancerCommand(was)
		case 1:
			return putGroupCommand(was)
		case 2:
			return putListenerCommand(was, groupID)
		case 3:
			return putRuleCommand(was, groupID)
		case 4:
			return structs.DeleteLoadBalancer{ID: lbID}
		case 5:
			return structs.DeleteListener{ID: listenerID}
		case 6:
			return structs.DeleteListenerRule{ID: ruleID}
		case 7:
			return structs.DeleteTargetGroup{ID: groupID}
		case 8:
			return structs.SetRulePriorities{Priorities: []structs.RulePriority{{Rule: ruleID, Priority: int(was) + 1}}}
		case 9:
			return structs.RegisterTargets{TargetGroup: groupID, Targets: []structs.Target{{Target: "10.0.0.1", Port: 80}}}
		}
		return structs.DeregisterTargets{TargetGroup: groupID, Targets: []structs.TargetKey{{Target: "10.0.0.1"}}, DrainUntil: structs.Time(was)}
	})
}
