package protocol

import (
	"fmt"
	"io"
	"net/http"

	"github.com/gantry-project/gantry/structs"
)

// maxDrain is how much of a request that is too large is read anyway, so that its sender sees the
// answer and not a broken connection.
const maxDrain = 32 << 20

// readBody reads a whole request. Its errors are those of the caller's protocol.
func readBody(r *http.Request, p Protocol) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, structs.MaxBody+1))
	if err != nil {
		return nil, malformed(p, "the request was cut off: "+err.Error())
	}
	if len(body) > structs.MaxBody {
		// How the rest ends does not matter: the request is refused anyway.
		_, _ = io.CopyN(io.Discard, r.Body, maxDrain)
		return nil, &Error{
			Status: http.StatusRequestEntityTooLarge, Code: p.faults().tooLarge,
			Message: fmt.Sprintf("the request is larger than %d MiB, the most that is taken", structs.MaxBody>>20),
		}
	}
	return body, nil
}
