package control

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// RequestHash identifies a request among others with the same client token. The caller first brings
// equivalent requests into one form. It fails if the request cannot be encoded as JSON.
func RequestHash(request any) (string, error) {
	// struct members keep their order, map keys are sorted
	canonical, err := json.Marshal(request)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
