package changesets

import "time"

// Wait is how long a check waits for its turn from now on.
func (e *Editor) Wait(d time.Duration) { e.turns.wait = d }
