package main

import (
	"fmt"
	"os"
	"strings"

	"aecode/deploy/dev/local/stack"
)

// The stores.
const (
	storeSQLite   = "sqlite"
	storePostgres = "postgres"
)

// The settings that name the servers of the store postgres, as data-sync reads
// them.
const (
	postgresSetting = "DATASYNC_POSTGRES"
	redisSetting    = "DATASYNC_REDIS"
)

// useStore puts the servers that the environment names into opts where the store
// is postgres. Password files are data-sync's to read.
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
			"and %s to a Redis's host:port", postgresSetting, redisSetting)
	}
	return nil
}
