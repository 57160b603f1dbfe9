package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// certificatesAreRenewed renews all certificates, and waits until each process shows the
// new expiry time, without a restart.
func certificatesAreRenewed(ctx context.Context, s *stack) (string, error) {
	ports := map[string]string{"terminology": "9201", "data-sync": "9202"}
	const series = `aecode_certificate_expiry_timestamp_seconds{certificate="own"}`
	all, err := s.containers(ctx, "terminology", "data-sync")
	if err != nil {
		return "", err
	}
	ends := map[string]string{}
	for _, c := range all {
		metrics, err := c.metrics(ctx, ports[c.Service])
		if err != nil {
			return "", err
		}
		end, ok := value(metrics, series)
		if !ok {
			return "", fmt.Errorf("%s has no metric of its certificate's expiry", c.Service)
		}
		ends[c.ID] = end
	}
	if _, err := s.dc(ctx, "run", "--rm", "-T", "secrets", "-renew", "-days", "200"); err != nil {
		return "", err
	}
	err = s.eventually(ctx, time.Minute, func(ctx context.Context) error {
		now, err := s.containers(ctx, "terminology", "data-sync")
		if err != nil {
			return err
		}
		for i, c := range now {
			if c.ID != all[i].ID || c.State.StartedAt != all[i].State.StartedAt {
				return errors.New("a container was restarted")
			}
			metrics, err := c.metrics(ctx, ports[c.Service])
			if err != nil {
				return err
			}
			if end, _ := value(metrics, series); end == ends[c.ID] {
				return fmt.Errorf("%s still has its old certificate", c.Service)
			}
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	err = s.undisturbed(ctx, func() error {
		if err := s.load(ctx, "night-5", 500, 5); err != nil {
			return err
		}
		_, err := s.operator(ctx, "run", "--wait")
		return err
	})
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d processes", len(all)), nil
}

// backupIsRestored follows deploy/README.md: pg_dump, another database, pg_restore.
func backupIsRestored(ctx context.Context, s *stack) (string, error) {
	dump, err := s.dc(ctx, "exec", "-T", "postgres", "pg_dump", "-U", "aecode", "-Fc", "aecode")
	if err != nil {
		return "", err
	}
	path := filepath.Join(s.work, "backup.dump")
	if err := os.WriteFile(path, []byte(dump), 0o600); err != nil {
		return "", err
	}
	if _, err := s.dc(ctx, "exec", "-T", "postgres", "createdb", "-U", "aecode", "restored"); err != nil {
		return "", err
	}
	args := slices.Concat(s.compose[1:], []string{"exec", "-T", "postgres", "pg_restore", "-U", "aecode", "-d", "restored", "--exit-on-error"})
	if _, err := s.exec(ctx, 3*time.Minute, strings.NewReader(dump), s.compose[0], args...); err != nil {
		return "", err
	}
	told, err := s.account(ctx, "restored", s.inputs)
	if err != nil {
		return "", err
	}
	_, err = s.dc(ctx, "exec", "-T", "postgres", "dropdb", "-U", "aecode", "restored")
	return fmt.Sprintf("%.1f MB, %s", float64(len(dump))/1e6, told), errors.Join(err, os.Remove(path))
}

// survivesDown removes the containers but not the volumes, and starts them again with
// certificates and passwords from a folder, as in production.
func survivesDown(ctx context.Context, s *stack) (string, error) {
	codings := func() (string, error) {
		out, err := s.dc(ctx, "exec", "-T", "postgres", "psql", "-U", "aecode", "-d", "aecode", "-Atc", "SELECT count(*) FROM codings")
		return strings.TrimSpace(out), err
	}
	before, err := codings()
	if err != nil {
		return "", err
	}
	if err := s.downAndLook(ctx); err != nil {
		return "", err
	}
	if err := s.secretsFromFiles(ctx); err != nil {
		return "", err
	}
	if _, err := s.dc(ctx, "up", "-d", "nightly", "prometheus"); err != nil {
		return "", err
	}
	if err := s.healthy(ctx, patience, whole); err != nil {
		return "", err
	}
	// A run in which all reports are decided already.
	if _, err := s.operator(ctx, "run", "--wait"); err != nil {
		return "", err
	}
	after, err := codings()
	if err != nil {
		return "", err
	}
	if before != after {
		return "", fmt.Errorf("%s codings before a run with nothing to do, %s after it", before, after)
	}
	return s.account(ctx, "aecode", s.inputs)
}

// secretsFromFiles copies the trial's certificates and passwords to a folder, with owners
// and modes, and makes Compose mount that folder.
func (s *stack) secretsFromFiles(ctx context.Context) error {
	folder := filepath.Join(s.work, "secrets")
	for _, id := range []string{"terminology", "data-sync", "nightly", "operator", "auditor", "postgres", "redis", "grafana"} {
		if _, err := s.chore(ctx, "cp", []string{"-v", s.project + "_trial-" + id + ":/from:ro", "-v", folder + ":/to"},
			"-a", "/from", "/to/"+id); err != nil {
			return err
		}
	}
	s.env = append(s.env, "AECODE_SECRETS="+folder+"/")
	return nil
}

// downAndLook keeps the containers' logs and removes the containers.
func (s *stack) downAndLook(ctx context.Context) error {
	var err error
	if s.earlierLogs, err = s.dc(ctx, "logs", "--no-color"); err != nil {
		return err
	}
	_, err = s.dc(ctx, "down", "--timeout", "30")
	return err
}
