package localserver

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// startTimeout bounds a start until the server answers, stopTimeout a clean end.
const (
	startTimeout = 60 * time.Second
	stopTimeout  = 20 * time.Second
)

// account is the unprivileged user that servers run as; nil: whoever we are.
type account struct{ uid, gid uint32 }

// unprivileged finds the user for servers: nobody in particular unless this
// process is root's.
func unprivileged(names ...string) (*account, error) {
	if os.Geteuid() != 0 {
		return nil, nil //nolint:nilnil // no change of user is a good answer
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return &account{uid: uint32(uid), gid: uint32(gid)}, nil
		}
	}
	return nil, fmt.Errorf("none of the users %s exists, and a server must not run as root", strings.Join(names, ", "))
}

// folder makes a fresh data folder that belongs to the account.
func (a *account) folder(prefix string) (string, error) {
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return "", err
	}
	if a != nil {
		err = os.Chown(dir, int(a.uid), int(a.gid))
	}
	return dir, err
}

// own writes a file that the account, and nobody else, may read and write.
func (a *account) own(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil || a == nil {
		return err
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// command runs as the account and ends with this process.
func (a *account) command(program string, args ...string) *exec.Cmd {
	// Its life is ended by stop or kill, not by a context.
	cmd := exec.Command(program, args...) //nolint:noctx // see above
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if a != nil {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return cmd
}

// find looks a program up in the PATH and then in folders, given as patterns,
// of which the last match, the newest version, wins.
func find(program, need string, patterns ...string) (string, error) {
	if path, err := exec.LookPath(program); err == nil {
		return path, nil
	}
	for _, pattern := range patterns {
		found, err := filepath.Glob(filepath.Join(pattern, program))
		if err == nil && len(found) > 0 {
			return slices.Max(found), nil
		}
	}
	return "", fmt.Errorf("%s is not installed; deploy/dev/scripts/needs.sh %s installs it", program, need)
}

// process is a running server.
type process struct {
	cmd    *exec.Cmd
	log    string
	exited chan struct{} // closed after Wait
	err    error
}

func (a *account) start(program string, args []string, env []string, logPath string) (*process, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, err
	}
	defer log.Close() // the child has its own
	cmd := a.command(program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", filepath.Base(program), err)
	}
	p := &process{cmd: cmd, log: logPath, exited: make(chan struct{})}
	go func() {
		p.err = cmd.Wait()
		close(p.exited)
	}()
	return p, nil
}

var errEnded = errors.New("it ended while starting")

// await asks ready until it succeeds, the server ends or the time is over.
func (p *process) await(ctx context.Context, ready func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ready(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-p.exited:
			return fmt.Errorf("%w: %w\n%s", errEnded, cmp.Or(p.err, errEnded), p.said())
		case <-ctx.Done():
			return fmt.Errorf("not ready in time: %w\n%s", errors.Join(ctx.Err(), err), p.said())
		case <-tick.C:
		}
	}
}

// errNotListening: an answer at the port would be another server's.
var errNotListening = errors.New("it does not listen yet")

// listening reports errNotListening until the server's own log has one of the
// lines. That something answers at its port proves nothing: the port may have been
// taken by another test's server, which goes when that test ends.
func (p *process) listening(lines ...string) error {
	log, err := os.ReadFile(p.log)
	if err != nil {
		return err
	}
	for _, line := range lines {
		if bytes.Contains(log, []byte(line)) {
			return nil
		}
	}
	return errNotListening
}

// said is the end of the server's log.
func (p *process) said() string {
	f, err := os.Open(p.log)
	if err != nil {
		return ""
	}
	defer f.Close()
	const most = 2 << 10
	if info, err := f.Stat(); err == nil && info.Size() > most {
		_, _ = f.Seek(-most, io.SeekEnd) // the beginning would do too
	}
	text, _ := io.ReadAll(io.LimitReader(f, most)) // for an error that is there already
	return string(text)
}

// stop asks the server to end and kills it when it does not.
func (p *process) stop(sig syscall.Signal) error {
	_ = p.cmd.Process.Signal(sig) // it may have ended
	timer := time.NewTimer(stopTimeout)
	defer timer.Stop()
	select {
	case <-p.exited:
		return nil
	case <-timer.C:
		p.kill()
		return fmt.Errorf("%s did not end within %v and was killed", filepath.Base(p.cmd.Path), stopTimeout)
	}
}

// kill ends the server and its children at once, as a power cut would.
func (p *process) kill() {
	children := childrenOf(p.cmd.Process.Pid)
	_ = p.cmd.Process.Kill() // it may have ended
	for _, pid := range children {
		_ = syscall.Kill(pid, syscall.SIGKILL) // likewise
	}
	<-p.exited
}

// childrenOf reads the process table: PostgreSQL's children have sessions of
// their own, so that no signal to a group reaches them.
func childrenOf(parent int) (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is well formed
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // gone meanwhile
		}
		// pid (name) state ppid ...; the name may hold anything.
		_, rest, ok := strings.Cut(string(text[strings.LastIndexByte(string(text), ')')+1:]), " ")
		fields := strings.Fields(rest)
		if !ok || len(fields) < 2 || fields[1] != strconv.Itoa(parent) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}
