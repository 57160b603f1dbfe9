package main

import (
	"fmt"
	"os"
	"strings"

	"aecode/deploy/dev/local/stack"
)

// The values of --store.
const (
	storeSQLite   = "sqlite"
	storePostgres = "postgres"
)

// The environment variables of the servers of the store postgres, which data-sync reads,
// too.
const (
	postgresSetting = "DATASYNC_POSTGRES"
	redisSetting    = "DATASYNC_REDIS"
)

// useStore puts the servers of the environment into opts if the store is postgres.
// data-sync reads the password files.
func useStore(opts *stack.Options, store string) error {
	switch store {
	case storeSQLite:
		return nil
	case storePostgres:
	default:
		return fmt.Errorf("store %q: must be %s or %s", store, storeSQLite, storePostgres)
	}
	opts.Postgres = os.Getenv(postgresSetting)
	if addresses := os.Getenv(redisSetting); addresses != "" {
		opts.Redis = strings.Split(addresses, ",")
	}
	if opts.Postgres == "" || len(opts.Redis) == 0 {
		return fmt.Errorf("store postgres: set %s to the URL of a database, such as postgres://aecode@127.0.0.1:5432/aecode, "+
			"and %s to the host:port of a Redis", postgresSetting, redisSetting)
	}
	return nil
}
