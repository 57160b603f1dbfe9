// Package tcptimeout closes TCP connections whose sent data is not acknowledged
// in time. Without it Linux retransmits for about 15 minutes before it closes the
// connection to a peer that disappeared.
package tcptimeout
