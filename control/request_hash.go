package control

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// RequestHash tells the same request from another one that has its client token, once what may be
// said in several ways is made one. It fails where the request cannot be JSON.
func RequestHash(request any) (string, error) {
	// members in the order of the struct, keys of maps sorted
	canonical, err := json.Marshal(request)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:]), nil
}
