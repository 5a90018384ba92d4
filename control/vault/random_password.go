package vault

import (
	"crypto/rand"
	"math/big"
	"strings"

	"github.com/gantry-project/gantry/structs"
)

// PasswordRules say what a random password has (GetRandomPassword).
type PasswordRules struct {
	Length                                     int // zero: 32
	Without                                    string
	NoLower, NoUpper, NoNumbers, NoPunctuation bool
	Space                                      bool
	// AnyMix means that the password need not have a character of each kind.
	AnyMix bool
}

// maxPassword is the longest password (Secrets Manager).
const maxPassword = 4096

// RandomPassword returns a random password.
func RandomPassword(r PasswordRules) (string, error) {
	if r.Length == 0 {
		r.Length = 32
	}
	var kinds []string
	all := ""
	for _, kind := range []struct {
		left bool
		text string
	}{
		{r.NoLower, "abcdefghijklmnopqrstuvwxyz"}, {r.NoUpper, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}, {r.NoNumbers, "0123456789"},
		{r.NoPunctuation, "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"}, {!r.Space, " "},
	} {
		text := strings.Map(func(c rune) rune {
			if strings.ContainsRune(r.Without, c) {
				return -1
			}
			return c
		}, kind.text)
		if !kind.left && text != "" {
			kinds, all = append(kinds, text), all+text
		}
	}
	least := 1
	if !r.AnyMix {
		least = max(1, len(kinds))
	}
	switch {
	case all == "":
		return "", structs.Errorf(structs.KindInvalidParameter, "No characters are left for the password.")
	case r.Length < least || r.Length > maxPassword:
		return "", structs.Errorf(structs.KindInvalidParameter, "The PasswordLength value must be between %d and %d.", least, maxPassword)
	}
	out := make([]byte, r.Length)
	for n := range out {
		out[n] = all[draw(len(all))]
	}
	if r.AnyMix || hasEach(string(out), kinds) {
		return string(out), nil
	}
	for n, kind := range kinds { // short passwords rarely have each kind by chance
		out[n] = kind[draw(len(kind))]
	}
	for n := len(out) - 1; n > 0; n-- {
		m := draw(n + 1)
		out[n], out[m] = out[m], out[n]
	}
	return string(out), nil
}

func hasEach(text string, kinds []string) bool {
	for _, kind := range kinds {
		if !strings.ContainsAny(text, kind) {
			return false
		}
	}
	return true
}

// draw returns a random number from 0 to n-1.
func draw(n int) int {
	v, err := rand.Int(rand.Reader, big.NewInt(int64(n)))
	if err != nil { // never (crypto/rand)
		panic(err)
	}
	return int(v.Int64())
}
