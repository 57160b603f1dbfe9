// Package terminology is the gRPC API of the terminology service, generated from
// terminology.proto, and the reasons in its errors.
package terminology

// The content of google.rpc.ErrorInfo in the errors of this service. With it a
// program can distinguish errors that have the same code. terminology.proto
// documents it for callers.
const (
	// ErrorDomain is the domain of all reasons of this service.
	ErrorDomain = "terminology.aecode"
	// ReasonPinNotHeld comes with Unavailable: the replica does not have a version
	// that the request pins. Another replica may have it, and this one may have it
	// later.
	ReasonPinNotHeld = "PIN_NOT_HELD"
)
