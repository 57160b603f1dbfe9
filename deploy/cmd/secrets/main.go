// Command secrets sees to it that each container of docker-compose.yml finds its
// certificate, key and passwords, before any of them starts.
//
//	secrets [-out DIR] [-given PREFIX] [-days N] [-renew]
//
// For a trial (-given empty) it makes what is missing below DIR: a certificate
// authority, a certificate for each identity, random passwords. What is there is
// kept, so that it may be run again and again; a certificate in the last third of
// its life is renewed, which the running services take up by themselves.
//
// In earnest (-given names where the operator's own files are) it makes nothing:
// it checks that all files are there and fit together, and ends with 1 where the
// containers would fail later, naming file and reason.
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
	out := flags.String("out", "/secrets", "`folder` with a folder for each identity")
	given := flags.String("given", "", "where the operator's own files were mounted from; not empty: make nothing, only check")
	days := flags.Int("days", 90, "life of a certificate made here, in `days`, 1 to 825")
	renew := flags.Bool("renew", false, "renew all certificates, however long they still live; the CA and the passwords stay")
	show := flags.Bool("version", false, "print the version and end")
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
		fmt.Fprintln(stderr, "secrets: takes flags only, see secrets -h")
		return exitUsage
	case *days < 1 || *days > 825:
		fmt.Fprintf(stderr, "secrets: -days must be 1 to 825, is %d\n", *days)
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
