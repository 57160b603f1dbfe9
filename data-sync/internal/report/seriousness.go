package report

// Seriousness says whether an event is serious, as far as its source tells. A
// source that says nothing does not say that the event is not serious.
type Seriousness uint8

// The seriousnesses.
const (
	NotSerious Seriousness = iota
	Serious
	// SeriousnessUnknown: the source's cell is blank, cannot be read, or there is
	// no such column. Such a report is coded and reviewed with the serious ones.
	SeriousnessUnknown
)

// String gives "N", "Y" or "U", as in the review list.
func (s Seriousness) String() string {
	switch s {
	case Serious:
		return "Y"
	case SeriousnessUnknown:
		return "U"
	default:
		return "N"
	}
}

// First reports whether a report of this seriousness comes before the others:
// it is serious, or nobody knows that it is not.
func (s Seriousness) First() bool { return s != NotSerious }

// With gives the seriousness of a report that was known as s after its source
// says next: an unknown never replaces what is known.
func (s Seriousness) With(next Seriousness) Seriousness {
	if next == SeriousnessUnknown {
		return s
	}
	return next
}
