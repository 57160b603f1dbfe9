package run

// Recorded is an item with the coding id the database recorded for it.
type Recorded struct {
	Item     Item
	CodingID int64
}

// ClaimState is the outcome of claiming one item.
type ClaimState uint8

// The outcomes of a claim.
const (
	// Acquired: ours to code.
	Acquired ClaimState = iota + 1
	// Replay: recorded elsewhere or earlier; the database decides whether that
	// still holds.
	Replay
	// InFlight: held by another owner: wait for the chunk's next attempt.
	InFlight
)
