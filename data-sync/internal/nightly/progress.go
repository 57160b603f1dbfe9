package nightly

// progress is what has stood in the way of an attempt at a chunk so far. A
// further disturbance changes it only where it outranks the ones before.
type progress uint8

const (
	// undisturbed: every item has an outcome, or is in flight with another owner.
	undisturbed progress = iota
	// itemsFailed: some item failed in a way that another attempt may cure.
	itemsFailed
	// interrupted: a dependency went away or this process stops. It says nothing
	// about the items.
	interrupted
	// refused: the database refused the results and took other writes.
	refused
)

func (p *progress) itemFailed() { *p = max(*p, itemsFailed) }
func (p *progress) interrupt()  { *p = max(*p, interrupted) }
func (p *progress) refuse()     { *p = refused }

// countsAsTry reports whether the attempt is a failed try of the chunk. One that
// was interrupted is not.
func (p progress) countsAsTry() bool { return p == itemsFailed || p == refused }
