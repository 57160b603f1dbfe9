package catalog

// Kind is what happened to a catalog.
type Kind string

// The kinds of events.
const (
	// TakenUp: a release is served from now on, new or in place of an older state.
	TakenUp Kind = "taken_up"
	// Dropped: a release is gone, and no longer served.
	Dropped Kind = "dropped"
	// ListsTakenUp: other synonyms or do-not-autocode words decide from now on.
	ListsTakenUp Kind = "lists_taken_up"
	// Refused: a release has a fault. What was served is served on.
	Refused Kind = "release_refused"
	// ListsRefused: a list has a fault. Those in use decide on.
	ListsRefused Kind = "lists_refused"
	// Unreadable: the library cannot be listed. What was served is served on.
	Unreadable Kind = "library_unreadable"
)

// Event is a change of the catalog, or one that was refused. Each is told once,
// however often it is looked at again.
type Event struct {
	Kind Kind
	// Release is the label, or the place of one that has none.
	Release string
	// Err says why something was refused.
	Err error
	// Warnings are those of a release that was taken up.
	Warnings []string
}
