package fsm

import "github.com/gantry-project/gantry/structs"

func sampleSealed(key string) structs.SealedValue {
	return structs.SealedValue{Key: key, Content: []byte("sealed with " + key)}
}

func sampleSecretVersion() structs.SecretVersion {
	return structs.SecretVersion{
		ID: "11111111-1111-4111-8111-111111111111", Stages: []string{structs.StageCurrent}, Binary: true, CreatedAt: 1_700_000_000_300, Value: sampleSealed("k1"),
	}
}

func sampleParameterVersion() structs.ParameterVersion {
	return structs.ParameterVersion{
		Number: 7, ID: "p1", Type: structs.ParameterSecure, KeyID: "alias/aws/ssm", Description: "d", AllowedPattern: ".*", Tier: structs.TierAdvanced,
		Labels: []string{"live"}, ModifiedAt: 1_700_000_000_301, ModifiedBy: "arn:aws:iam::000000000000:user/me", Value: sampleSealed("k1"),
	}
}

// vaultSamples are the samples about secrets, parameters and their keys.
func vaultSamples() map[string]structs.Command {
	version := sampleSecretVersion()
	tags := []structs.Tag{{Key: "a", Value: "b"}}
	return map[string]structs.Command{
		"put_vault_key": structs.PutVaultKey{Key: structs.VaultKey{Number: 1, ID: "k1", Sealed: []byte("sealed"), CreatedAt: 1_700_000_000_302}},
		"create_secret": structs.CreateSecret{Secret: structs.StoredSecret{
			Name: "prod/db", Suffix: "AbCdEf", Description: "d", KMSKey: "k", CreatedAt: 1_700_000_000_303, ChangedAt: 1_700_000_000_304,
			DeletedAt: 1_700_000_000_305, RemoveAt: 1_700_000_000_306, Versions: []structs.SecretVersion{version},
		}, Tags: tags},
		"change_secret": structs.ChangeSecret{
			Name: "prod/db", Description: new("d"), KMSKey: new("k"), Version: &version, Stages: []string{structs.StagePending}, At: 1_700_000_000_307,
		},
		"mark_secret":    structs.MarkSecret{Name: "prod/db", At: 1_700_000_000_308, RemoveAt: 1_700_000_000_309},
		"remove_secrets": structs.RemoveSecrets{Names: []string{"prod/db"}, Before: 1_700_000_000_310},
		"stage_secret":   structs.StageSecret{Name: "prod/db", Stage: structs.StageCurrent, From: "a", To: "b", At: 1_700_000_000_311},
		"put_parameter":  structs.PutParameter{Name: "/prod/db", Version: sampleParameterVersion(), Overwrite: true, Tags: tags},
		"remove_parameters": structs.RemoveParameters{
			Names: []string{"/prod/db"},
		},
		"label_parameter": structs.LabelParameter{Name: "/prod/db", Number: 7, Labels: []string{"live"}, Remove: true},
		"reseal": structs.Reseal{
			Values: []structs.ResealedValue{
				{Secret: "prod/db", Version: "v", Was: sampleSealed("k1"), Value: sampleSealed("k2")},
				{Parameter: "/prod/db", Version: "p1", Was: sampleSealed("k1"), Value: sampleSealed("k2")},
			},
			Retire: true,
		},
	}
}
