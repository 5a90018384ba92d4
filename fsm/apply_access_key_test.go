package fsm

import (
	"testing"

	"github.com/gantry-project/gantry/structs"
)

func sampleAccessKey() structs.AccessKey {
	return structs.AccessKey{
		ID: "AKIAAAAAAAAAAAAAAAAA", Name: "ci", Sealed: []byte("sealed"), CreatedAt: 1_700_000_000_200, CreatedBy: "arn:aws:iam::000000000000:user/me",
		Policy: structs.Policy{Version: "2012-10-17", ID: "p", Statement: []structs.Statement{
			{Sid: "s", Effect: structs.EffectAllow, Action: []string{"ecs:RunTask"}, Resource: []string{"*"}},
		}},
	}
}

// conditionedAccessKey has a condition in its policy.
func conditionedAccessKey() structs.AccessKey {
	k := sampleAccessKey()
	k.Policy.Statement[0].Condition = structs.Conditions{{Operator: "StringLike", Key: "ecs:cluster", Values: []string{"arn:aws:ecs:*:*:cluster/dev*"}}}
	return k
}

// accessKeySamples are the samples about access keys.
func accessKeySamples() map[string]structs.Command {
	return map[string]structs.Command{
		"put_access_key":             structs.PutAccessKey{Key: sampleAccessKey(), First: true},
		"put_access_key_conditioned": structs.PutAccessKey{Key: conditionedAccessKey()},
		"delete_access_key":          structs.DeleteAccessKey{ID: sampleAccessKey().ID},
	}
}

// The first key is created only once, even if it was revoked since.
func TestFirstAccessKey(t *testing.T) {
	h := newHarness(t)
	first := structs.PutAccessKey{Key: sampleAccessKey(), First: true}
	h.do(first)
	again := first
	again.Key.ID = "AKIABBBBBBBBBBBBBBBB"
	h.refused(again, structs.KindConflict, "access key")
	h.do(structs.DeleteAccessKey{ID: first.Key.ID})
	h.refused(structs.DeleteAccessKey{ID: first.Key.ID}, structs.KindResourceNotFound, "access key")
	h.refused(again, structs.KindConflict, "access key")
	again.First = false
	h.do(again)
	h.refused(again, structs.KindConflict, "access key")
	if h.snap().AccessKey(first.Key.ID) != nil || h.snap().AccessKey(again.Key.ID) == nil {
		t.Error("the revoked key is there, or the new one is not")
	}
}
