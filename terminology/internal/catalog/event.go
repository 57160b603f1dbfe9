package catalog

// Kind says what happened to a catalog.
type Kind string

// The kinds of events.
const (
	// TakenUp: a new or changed release was loaded and is served.
	TakenUp Kind = "taken_up"
	// Dropped: a release is gone and no longer served.
	Dropped Kind = "dropped"
	// ListsTakenUp: changed lists were loaded and are used.
	ListsTakenUp Kind = "lists_taken_up"
	// Refused: a release has a fault. The catalog does not change.
	Refused Kind = "release_refused"
	// ListsRefused: a list has a fault. The lists in use do not change.
	ListsRefused Kind = "lists_refused"
	// Unreadable: the library cannot be listed. The catalog does not change.
	Unreadable Kind = "library_unreadable"
)

// Event is a change of the catalog, or one that was refused. Each is reported once,
// however many looks find it.
type Event struct {
	Kind Kind
	// Release is the label of the release, or its path if its label is not known.
	Release string
	// Err says why something was refused.
	Err error
	// Warnings are the warnings of a release that was loaded.
	Warnings []string
}
