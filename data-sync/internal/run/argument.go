package run

// ArgumentError is an argument that cannot be used.
type ArgumentError struct {
	// Field is "date" or "scope".
	Field string
	// Description says what is wrong and what is possible.
	Description string
}

// Error names the field.
func (e *ArgumentError) Error() string { return e.Field + ": " + e.Description }
