package terminology

// What google.rpc.ErrorInfo says in an error of this service, so that a program
// can tell one Unavailable from another. terminology.proto documents them.
const (
	// ErrorDomain is the domain of every reason below.
	ErrorDomain = "terminology.aecode"
	// ReasonPinNotHeld comes with Unavailable: the replica does not hold the
	// release or the list version that the request pins. Another replica may, and
	// this one may later.
	ReasonPinNotHeld = "PIN_NOT_HELD"
)
