package main

// The files of an identity that the containers read.
const (
	certFile = "tls.crt"
	keyFile  = "tls.key"
	caFile   = "ca.crt"
)

// identity is a folder that is mounted into the containers of one service only.
type identity struct {
	name string
	// certified: it has a certificate for its name and localhost.
	certified bool
	// keyMode is the mode of its key. PostgreSQL refuses a key that its group can read.
	// The services run as another user than the key's owner and share its group.
	keyMode uint32
	// trusts: it has the CA's certificate, to verify others.
	trusts bool
	// passwords are its files that hold a secret.
	passwords []password
}

// password is a file that is written once.
type password struct {
	file string
	// secret names the secret that it holds. Two files may hold the same one.
	secret string
	// form makes the file's content from the secret; nil: the secret itself.
	form func(secret string) string
	mode uint32
}

// The secrets.
const (
	ofPostgres = "postgres"
	ofRedis    = "redis"
	ofGrafana  = "grafana"
)

// identities are the folders below the root. There is also ca/, which holds the trial
// CA's key and is mounted only into this program's container.
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
		// Grafana runs as another user, and only its container mounts this folder.
		{file: "admin_password", secret: ofGrafana, mode: 0o444},
	}},
}
