package main

// The files of an identity that the containers read.
const (
	certFile = "tls.crt"
	keyFile  = "tls.key"
	caFile   = "ca.crt"
)

// identity is one folder, mounted into the containers of one service alone.
type identity struct {
	name string
	// certified says whether it has a certificate, under its name and localhost.
	certified bool
	// keyMode is the mode of its key. PostgreSQL takes none that its group can read;
	// the services run as another user than who writes the key, and share its group.
	keyMode uint32
	// trusts says whether it has the CA's certificate, to know others by.
	trusts bool
	// passwords are its files with a secret in them, by what they hold.
	passwords []password
}

// password is a file that is written once.
type password struct {
	file string
	// secret names the secret it holds: two files may hold the same.
	secret string
	// form makes the file's content of the secret; nil: the secret itself.
	form func(secret string) string
	mode uint32
}

// The secrets.
const (
	ofPostgres = "postgres"
	ofRedis    = "redis"
	ofGrafana  = "grafana"
)

// identities is what stands below the root, besides ca/, which holds the trial
// CA's key and is mounted into nothing but this program's container.
var identities = []identity{
	{name: "terminology", certified: true, trusts: true, keyMode: 0o440},
	{name: "data-sync", certified: true, trusts: true, keyMode: 0o440, passwords: []password{
		{file: "postgres_password", secret: ofPostgres, mode: 0o440},
		{file: "redis_password", secret: ofRedis, mode: 0o440},
	}},
	{name: "nightly", certified: true, trusts: true, keyMode: 0o440},
	{name: "operator", certified: true, trusts: true, keyMode: 0o440},
	{name: "auditor", trusts: true, passwords: []password{
		{file: "pgpass", secret: ofPostgres, form: pgpass, mode: 0o440},
	}},
	{name: "postgres", certified: true, trusts: true, keyMode: 0o400, passwords: []password{
		{file: "password", secret: ofPostgres, mode: 0o400},
	}},
	{name: "redis", certified: true, trusts: true, keyMode: 0o400, passwords: []password{
		{file: "users.acl", secret: ofRedis, form: usersACL, mode: 0o400},
	}},
	{name: "grafana", passwords: []password{
		// Grafana runs as a user of its own, and nothing else mounts this folder.
		{file: "admin_password", secret: ofGrafana, mode: 0o444},
	}},
}
