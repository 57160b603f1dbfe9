// Package rediserr says which errors of a Redis call are transient and which last
// until somebody changes a setting, and what to do about them. It is apart from
// package redisconn so that packages that only read these errors do not link the
// embedded Redis.
package rediserr

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ErrRefused reports that Redis will answer the same until a setting of Redis or
// of this service is changed: a retry does not help. Every other error may be
// transient.
var ErrRefused = errors.New("redis refuses this service")

// knownReply is an error reply of Redis and what to do about it.
type knownReply struct {
	// part is a part of the reply: some versions of Redis wrap the error of a
	// script in a text of their own.
	part    string
	refused bool
	advice  string
}

// knownReplies are the replies that last, and those with a known remedy. The
// others are transient, such as LOADING, BUSY, CLUSTERDOWN, TRYAGAIN, NOREPLICAS
// and too many clients.
var knownReplies = []knownReply{
	{"WRONGPASS", true, "set the Username and Password that Redis expects"},
	{"NOAUTH", true, "Redis asks for a password: set Password or PasswordFile"},
	// Redis before 6.
	{"invalid password", true, "set the Password that Redis expects"},
	{"without any password configured", true, "this Redis has no password: remove the password here, or set requirepass in Redis"},
	{"NOPERM", true, "allow the user the commands eval, evalsha, mget, set, pexpire, del and ping on this service's keys"},
	{"DENIED Redis is running in protected mode", true, "set a password in Redis, or set protected-mode no"},
	{"DB index is out of range", true, "set DB to less than the number of databases of this Redis"},
	{"SELECT is not allowed in cluster mode", true, "set DB to 0 and Cluster to true"},
	{"cluster support disabled", true, "this Redis is not a cluster: set one address and Cluster to false"},
	{"unknown command", true, "this Redis lacks a required command, or its configuration has renamed it: restore the command"},
	{"READONLY", false, "this Redis is a replica: set the master's address, or the Sentinels' addresses with MasterName"},
	{"OOM", false, "Redis is out of memory: raise its maxmemory, or let it evict keys (maxmemory-policy volatile-lru)"},
	{"MISCONF", false, "Redis cannot write its snapshots: free space on its disk"},
}

// Explain wraps an error of a Redis call with what to do about it, if that is
// known, and with ErrRefused if the error lasts. It returns other errors, and
// nil, unchanged.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	if advice, lasting := setupFault(err); lasting {
		return fmt.Errorf("%w: %s: %w", ErrRefused, advice, err)
	}
	for _, known := range knownReplies {
		switch {
		case !isReply(err, known.part):
		case known.refused:
			return fmt.Errorf("%w: %s: %w", ErrRefused, known.advice, err)
		default:
			return fmt.Errorf("%s: %w", known.advice, err)
		}
	}
	// A cluster client follows MOVED. If it reaches us, the client is not a cluster
	// client, or the cluster moves slots faster than the client may follow.
	if addr, moved := redis.IsMovedError(err); moved {
		return fmt.Errorf("the key has moved to %s: set Cluster to true if it is false: %w", addr, err)
	}
	return err
}

// isReply reports whether err is a reply of Redis that contains part. An error of
// the network is not a reply.
func isReply(err error, part string) bool {
	reply, ok := errors.AsType[redis.Error](err)
	return ok && strings.Contains(reply.Error(), part)
}

// setupFault finds the lasting errors that are not replies of Redis.
func setupFault(err error) (advice string, lasting bool) {
	if errors.Is(err, redis.Nil) {
		return "the Sentinels know no master with this name: check MasterName", true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate of Redis is not trusted: check TLS.CAFile, TLS.ServerName and the address", true
	}
	return "", false
}
