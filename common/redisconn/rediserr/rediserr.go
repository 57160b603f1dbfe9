// Package rediserr tells which failures of Redis pass by themselves and which
// last until somebody changes a setting, and says what to do about them.
package rediserr

import (
	"crypto/tls"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ErrRefused reports that Redis will answer the same until a setting of it or of
// this service is changed: trying again is no use. Every other failure may pass.
var ErrRefused = errors.New("redis refuses this service")

// trouble is what a reply of Redis means to whoever has to mend it.
type trouble struct {
	// reply is found in the reply, as some versions of Redis wrap what a script
	// met into a text of their own.
	reply   string
	refused bool
	advice  string
}

// troubles holds the replies that name their remedy or last. What is not here
// passes: LOADING, BUSY, CLUSTERDOWN, TRYAGAIN, NOREPLICAS, too many clients.
var troubles = []trouble{
	{"WRONGPASS", true, "set the Username and Password that Redis expects"},
	{"NOAUTH", true, "Redis asks for a password: set Password or PasswordFile"},
	// Redis before 6.
	{"invalid password", true, "set the Password that Redis expects"},
	{"without any password configured", true, "this Redis has no password: set none here, or requirepass there"},
	{"NOPERM", true, "give the user the commands eval, evalsha, mget, set, pexpire, del and ping on this service's keys"},
	{"DENIED Redis is running in protected mode", true, "set a password in Redis, or protected-mode no"},
	{"DB index is out of range", true, "set a DB below the number of databases of this Redis"},
	{"SELECT is not allowed in cluster mode", true, "set DB to 0 and Cluster to true"},
	{"cluster support disabled", true, "this is no cluster: set one address and Cluster to false"},
	{"unknown command", true, "this server lacks a command that is needed, or renames it"},
	{"READONLY", false, "this is a replica: give the master's address, or the Sentinels' with MasterName"},
	{"OOM", false, "Redis is out of memory: raise its maxmemory, or let it evict (maxmemory-policy volatile-lru)"},
	{"MISCONF", false, "Redis cannot write its snapshots: make room on its disk"},
}

// Explain wraps a failure of a call to Redis with the remedy where there is one,
// and with ErrRefused where it lasts. Of other failures, and of nil, it returns
// what it is given.
func Explain(err error) error {
	if err == nil {
		return nil
	}
	if advice, lasting := setupTrouble(err); lasting {
		return fmt.Errorf("%w: %s: %w", ErrRefused, advice, err)
	}
	for _, t := range troubles {
		switch {
		case !says(err, t.reply):
		case t.refused:
			return fmt.Errorf("%w: %s: %w", ErrRefused, t.advice, err)
		default:
			return fmt.Errorf("%s: %w", t.advice, err)
		}
	}
	// A cluster's client follows MOVED; one that sees it is no cluster's client,
	// or the cluster is being rearranged faster than it may follow.
	if addr, moved := redis.IsMovedError(err); moved {
		return fmt.Errorf("the key has moved to %s: set Cluster to true if it is not: %w", addr, err)
	}
	return err
}

// says looks only into replies of Redis, not into what the network said.
func says(err error, reply string) bool {
	answer, ok := errors.AsType[redis.Error](err)
	return ok && strings.Contains(answer.Error(), reply)
}

// setupTrouble is what lasts without being a reply of Redis.
func setupTrouble(err error) (advice string, lasting bool) {
	if errors.Is(err, redis.Nil) {
		return "the Sentinels know no master of this name: check MasterName", true
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "its certificate is not trusted: check the CA and the address", true
	}
	return "", false
}
