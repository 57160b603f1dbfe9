// Package deadline keeps every gRPC call bounded in time.
//
// A call without a deadline waits as long as the other side likes, and holds
// its memory meanwhile; a few thousand of them take a process down. The client
// interceptors of this package refuse such a call before it leaves, so that
// the mistake shows in the first test that makes it. [Shave] gives a server time
// to answer before its client stops listening.
package deadline
