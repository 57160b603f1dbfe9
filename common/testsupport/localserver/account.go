package localserver

import (
	"fmt"
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"strings"
	"syscall"
)

// account is the user that servers run as. The zero value is the user of this
// process.
type account struct{ uid, gid uint32 }

// differs reports whether a is another user than that of this process.
func (a account) differs() bool { return a.uid != 0 }

// unprivileged returns the account for servers: the first of the users in names
// that exists if this process runs as root, else the user of this process.
func unprivileged(names ...string) (account, error) {
	if os.Geteuid() != 0 {
		return account{}, nil
	}
	for _, name := range names {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, err1 := strconv.ParseUint(u.Uid, 10, 32)
		gid, err2 := strconv.ParseUint(u.Gid, 10, 32)
		if err1 == nil && err2 == nil && uid != 0 {
			return account{uid: uint32(uid), gid: uint32(gid)}, nil
		}
	}
	return account{}, fmt.Errorf("a server must not run as root, and none of the users %s exists: create one of them", strings.Join(names, ", "))
}

// newDir creates an empty data folder that belongs to the account.
func (a account) newDir(prefix string) (string, error) {
	dir, err := os.MkdirTemp("", prefix)
	if err != nil {
		return "", err
	}
	if a.differs() {
		err = os.Chown(dir, int(a.uid), int(a.gid))
	}
	return dir, err
}

// writeFile writes a file that only the account may read and write.
func (a account) writeFile(path, text string) error {
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil || !a.differs() {
		return err
	}
	return os.Chown(path, int(a.uid), int(a.gid))
}

// command returns a command that runs as the account and is killed when this
// process ends.
func (a account) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...) //nolint:noctx // stop and kill end it, not a context
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if a.differs() {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: a.uid, Gid: a.gid}
	}
	return cmd
}
