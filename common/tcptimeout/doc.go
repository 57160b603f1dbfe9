// Package tcptimeout closes TCP connections whose sent data is not acknowledged
// in time. Without it Linux retransmits for about 15 minutes before it gives up a
// peer that vanished.
package tcptimeout
