// Package deadline makes sure that every gRPC call has a deadline.
//
// A call without a deadline waits until the other side answers, however long that
// takes, and holds memory meanwhile. A few thousand such calls bring a process
// down. The client interceptors of this package refuse a call without a deadline
// before it is sent, so that the first test that makes one fails. [Shave] gives a
// server time to answer before its client's deadline.
package deadline
