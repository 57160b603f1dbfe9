// Command secrets provides each container of docker-compose.yml with its certificate,
// key and passwords, before any of them starts.
//
//	secrets [-out DIR] [-given PREFIX] [-days N] [-renew]
//
// For a trial (-given is empty) it makes what is missing below DIR: a certificate
// authority, a certificate for each identity, random passwords. It keeps what is there,
// so it can be run repeatedly. It renews a certificate in the last third of its
// lifetime; the running services load the new one by themselves.
//
// In production (-given names the folder of the operator's own files) it makes nothing.
// It checks that all files are there and match each other. If the containers would
// fail, it names each file with the reason and exits with 1.
//
// It never prints a secret.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"time"

	"aecode/common/version"
)

// The exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr, time.Now())) }

func run(args []string, stdout, stderr io.Writer, now time.Time) int {
	flags := flag.NewFlagSet("secrets", flag.ContinueOnError)
	flags.SetOutput(stderr)
	out := flags.String("out", "/secrets", "`folder` that holds a folder for each identity")
	given := flags.String("given", "", "`folder` that your own files are mounted from; if set, make nothing and only check the files")
	days := flags.Int("days", 90, "lifetime of the certificates made, in `days`, 1 to 825")
	renew := flags.Bool("renew", false, "renew all certificates now; the CA and the passwords stay")
	show := flags.Bool("version", false, "print the version and exit")
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return exitOK
	case err != nil:
		return exitUsage
	case *show:
		fmt.Fprintln(stdout, "secrets", version.String())
		return exitOK
	case flags.NArg() > 0:
		fmt.Fprintln(stderr, "secrets: there are no arguments, only flags; see secrets -h")
		return exitUsage
	case *days < 1 || *days > 825:
		fmt.Fprintf(stderr, "secrets: -days is %d, must be from 1 to 825\n", *days)
		return exitUsage
	}
	if *given != "" {
		err = check(*out, now, stdout)
	} else {
		m := maker{root: *out, now: now, life: time.Duration(*days) * 24 * time.Hour, renew: *renew, log: stdout}
		err = m.all()
	}
	if err != nil {
		fmt.Fprintf(stderr, "secrets: %v\n", err)
		return exitFailed
	}
	return exitOK
}
