package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// projectPrefix begins the name of every run's project.
const projectPrefix = "aecode-e2e-"

// runLabel marks what `docker run` starts outside of the Compose project.
const runLabel = "aecode.e2e.project"

// claim makes a project's name and its folder, out/e2e/<name>, which is locked
// while this process lives.
func claim(root string) (*stack, error) {
	id := make([]byte, 4)
	_, _ = rand.Read(id) // it never fails
	project := projectPrefix + hex.EncodeToString(id)
	all := filepath.Join(root, "out", "e2e")
	s := &stack{project: project, root: root, work: filepath.Join(all, project), slow: 1, tag: project}
	// Under another name until it is locked: another run takes it for abandoned
	// otherwise.
	fresh := filepath.Join(all, "new-"+project)
	if err := os.MkdirAll(filepath.Join(fresh, "data"), 0o755); err != nil { // the containers' users read it
		return nil, err
	}
	lock, err := os.Create(filepath.Join(fresh, "lock"))
	if err != nil {
		return nil, err
	}
	if err = lockFile(lock); err == nil {
		err = os.Rename(fresh, s.work)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", lock.Name(), err), lock.Close())
	}
	s.lock = lock
	return s, nil
}

func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) }

// removeAbandoned removes the projects of this checkout whose process has ended and
// left them: it was killed, or told to keep them.
func (s *stack) removeAbandoned(ctx context.Context) error {
	locks, err := filepath.Glob(filepath.Join(s.root, "out", "e2e", projectPrefix+"*", "lock"))
	for _, path := range locks {
		f, openErr := os.Open(path)
		if openErr != nil {
			continue // its own run has just removed it
		}
		if lockFile(f) == nil {
			project := filepath.Base(filepath.Dir(path))
			fmt.Println("removing what is left of", project)
			err = errors.Join(err, s.named(project).remove(ctx))
		}
		err = errors.Join(err, f.Close()) // which ends the lock
	}
	return err
}

// named is another project of the same checkout.
func (s *stack) named(project string) *stack {
	other := *s
	other.project, other.tag, other.work, other.lock = project, project, filepath.Join(filepath.Dir(s.work), project), nil
	other.env = nil
	for _, e := range s.env {
		switch name, _, _ := strings.Cut(e, "="); name {
		case "COMPOSE_PROJECT_NAME":
			e = name + "=" + other.project
		case "AECODE_VERSION":
			e = name + "=" + other.tag
		}
		other.env = append(other.env, e)
	}
	return &other
}

// remove takes everything of the project away and nothing of another one's:
// containers, networks, volumes, images and the folder, with copied secrets.
func (s *stack) remove(ctx context.Context) error {
	ctx, cancel := s.within(context.WithoutCancel(ctx), 5*time.Minute, "removing "+s.project) // whatever ended the run
	defer cancel()
	_, err := s.dc(ctx, "down", "--volumes", "--remove-orphans", "--timeout", "20")
	if left, listErr := s.docker(ctx, "ps", "-aq", "--filter", "label="+runLabel+"="+s.project); listErr != nil {
		err = errors.Join(err, listErr)
	} else if ids := strings.Fields(left); len(ids) > 0 {
		_, gone := s.docker(ctx, append([]string{"rm", "--force"}, ids...)...)
		err = errors.Join(err, gone)
	}
	if _, there := os.Stat(filepath.Join(s.work, "secrets")); there == nil {
		// Its files belong to the containers' users.
		_, gone := s.chore(ctx, "rm", []string{"-v", s.work + ":/proof"}, "-rf", "/proof/secrets")
		err = errors.Join(err, gone)
	}
	for _, image := range ours {
		there, listErr := s.docker(ctx, "images", "-q", s.image(image.name))
		err = errors.Join(err, listErr)
		if strings.TrimSpace(there) != "" {
			// The layers stay for the next build.
			_, gone := s.docker(ctx, "rmi", "--no-prune", s.image(image.name))
			err = errors.Join(err, gone)
		}
	}
	if err != nil {
		return err // the folder stays, so that a later run tries again
	}
	if err := os.RemoveAll(s.work); err != nil {
		return err
	}
	if s.lock != nil {
		return s.lock.Close()
	}
	return nil
}

func (s *stack) showLogs(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	out, err := s.dc(ctx, "ps", "-a")
	if err != nil {
		out, _ = s.dc(ctx, "ps") // 1.29 has no -a everywhere
	}
	logs, _ := s.dc(ctx, "logs", "--no-color", "--tail=15") // the run has failed for a reason of its own
	fmt.Fprintf(os.Stderr, "%s\n%s\n", out, logs)
}
