package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// faultLoad is the number of reports of a run with faults: it must last long enough for
// the faults.
const faultLoad = 40_000

// running starts a run, waits until a tenth of it is done, calls during, and waits until
// the run has ended. The run must complete.
func (s *stack) running(ctx context.Context, during func(context.Context) error) error {
	ended := make(chan error, 1)
	go func() {
		out, err := s.operator(ctx, "run", "--wait")
		if err == nil && !strings.Contains(out, "COMPLETED") {
			err = fmt.Errorf("the run did not complete: %s", out)
		}
		ended <- err
	}()
	early, err := s.tenth(ctx, ended)
	if early {
		return errors.Join(err, errors.New("the run ended before the fault"))
	}
	if err == nil {
		err = during(ctx)
	}
	return errors.Join(err, <-ended)
}

// tenth waits until a replica shows a tenth of the progress. early: the run has ended
// before.
func (s *stack) tenth(ctx context.Context, ended chan error) (early bool, err error) {
	var failed error // the run
	err = s.eventually(ctx, 2*time.Minute, func(ctx context.Context) error {
		select {
		case failed = <-ended:
			early = true
			return nil
		default:
		}
		replicas, err := s.containers(ctx, "data-sync")
		if err != nil {
			return err
		}
		for _, c := range replicas {
			metrics, err := c.metrics(ctx, "9202")
			if err != nil {
				continue // it may be down, or starting
			}
			state, _ := value(metrics, `aecode_run_state{state="RUNNING"}`)
			text, _ := value(metrics, "aecode_run_progress_ratio")
			if ratio, err := strconv.ParseFloat(text, 64); err == nil && state == "1" && ratio >= 0.1 && ratio < 0.8 {
				return nil
			}
		}
		return errors.New("no run is under way")
	})
	return early, errors.Join(failed, err)
}

// kill kills a container's process as the kernel does when memory is short, so that the
// restart policy restarts it. docker kill would count as a stop by the user.
func (s *stack) kill(ctx context.Context, c container) error {
	if c.here() && syscall.Kill(c.State.Pid, syscall.SIGKILL) == nil {
		return nil
	}
	// The engine is on another machine, or the process may not be killed.
	if _, err := s.docker(ctx, "kill", c.ID); err != nil {
		return err
	}
	_, err := s.docker(ctx, "start", c.ID)
	return err
}

// undisturbed calls do while cron is stopped: cron starts a run every minute, which could
// take half of an import.
func (s *stack) undisturbed(ctx context.Context, do func() error) error {
	if _, err := s.dc(ctx, "stop", "nightly"); err != nil {
		return err
	}
	if err := do(); err != nil {
		return err
	}
	_, err := s.dc(ctx, "start", "nightly")
	return err
}

func replicasAreKilled(ctx context.Context, s *stack) (told string, err error) {
	err = s.undisturbed(ctx, func() error {
		told, err = s.withReplicasKilled(ctx)
		return err
	})
	return told, err
}

func (s *stack) withReplicasKilled(ctx context.Context) (string, error) {
	if err := s.load(ctx, "night-2", faultLoad, 2); err != nil {
		return "", err
	}
	killed := map[string]string{}
	err := s.running(ctx, func(ctx context.Context) error {
		for _, service := range []string{"data-sync", "terminology"} {
			replicas, err := s.containers(ctx, service)
			if err != nil {
				return err
			}
			if err := s.kill(ctx, replicas[0]); err != nil {
				return err
			}
			killed[replicas[0].ID] = replicas[0].State.StartedAt
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	if err := s.healthy(ctx, patience, map[string]int{"terminology": 2, "data-sync": 2, "redis": 1, "postgres": 1}); err != nil {
		return "", err
	}
	all, err := s.containers(ctx)
	if err != nil {
		return "", err
	}
	for _, c := range all {
		if before, ok := killed[c.ID]; ok && before == c.State.StartedAt {
			return "", fmt.Errorf("%s was not started again", c.Service)
		}
	}
	return s.account(ctx, "aecode", s.newest())
}

func scaledAndRestarted(ctx context.Context, s *stack) (told string, err error) {
	err = s.undisturbed(ctx, func() error {
		told, err = s.withMoreReplicas(ctx)
		return err
	})
	return told, err
}

func (s *stack) withMoreReplicas(ctx context.Context) (string, error) {
	before, err := s.containers(ctx, "terminology")
	if err != nil {
		return "", err
	}
	if err := s.load(ctx, "night-3", faultLoad, 3); err != nil {
		return "", err
	}
	err = s.running(ctx, func(ctx context.Context) error {
		if _, err := s.dc(ctx, "restart", "redis"); err != nil {
			return err
		}
		_, err := s.dc(ctx, "up", "-d", "--no-deps", "--no-recreate", "--scale", "terminology=3", "terminology")
		return err
	})
	if err != nil {
		return "", err
	}
	want := map[string]int{"terminology": 3, "redis": 1, "data-sync": 2}
	if err := s.healthy(ctx, patience, want); err != nil {
		return "", err
	}
	told, err := s.account(ctx, "aecode", s.newest())
	if err != nil {
		return "", err
	}
	// The run may have ended before the third replica was up. The next run must use it.
	if err := s.load(ctx, "night-4", 5_000, 4); err != nil {
		return "", err
	}
	if _, err := s.operator(ctx, "run", "--wait"); err != nil {
		return "", err
	}
	after, err := s.containers(ctx, "terminology")
	if err != nil {
		return "", err
	}
	old := map[string]bool{}
	for _, c := range before {
		old[c.ID] = true
	}
	for _, c := range after {
		if old[c.ID] {
			continue
		}
		metrics, err := c.metrics(ctx, "9201")
		if err != nil {
			return "", err
		}
		if !strings.Contains(metrics, `method="/aecode.terminology.v1.Terminology/EncodeTerms"`) {
			return "", errors.New("the third replica of terminology received no call")
		}
	}
	return told, nil
}
