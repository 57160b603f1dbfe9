// Package localserver starts real PostgreSQL and Redis servers on free loopback
// ports of this machine, for tests and measurements. Neither service uses it.
//
// A server keeps its data in a folder of its own in the system's temporary folder.
// Stop removes it. If the process runs as root, servers run as an unprivileged
// user, as PostgreSQL requires. If a program is missing, the error names the
// command that installs it, such as deploy/dev/scripts/needs.sh postgresql redis.
package localserver
