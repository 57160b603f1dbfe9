// Package localserver starts real PostgreSQL and Redis servers on free loopback
// ports of this machine, for tests and measurements. It is not part of either
// service.
//
// A server keeps its data in a folder of its own below the system's temporary
// folder, and it goes with Stop. Started by root, it runs as an unprivileged
// user, as PostgreSQL demands. Where a program is missing, the error says what
// installs it: deploy/dev/scripts/needs.sh postgresql redis.
package localserver
