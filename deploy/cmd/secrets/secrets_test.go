package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"aecode/common/testsupport/trialca"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// made runs the program and gives its exit code and what it printed.
func made(t *testing.T, now time.Time, args ...string) (code int, printed string) {
	t.Helper()
	var out bytes.Buffer
	code = run(args, &out, &out, now)
	return code, out.String()
}

func content(t *testing.T, parts ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// trial is a folder with a trial's secrets.
func trial(t *testing.T, now time.Time) string {
	t.Helper()
	root := t.TempDir()
	if code, printed := made(t, now, "-out", root); code != exitOK {
		t.Fatalf("exit %d: %s", code, printed)
	}
	return root
}

func TestATrialsSecretsFitTogether(t *testing.T) {
	now := time.Now()
	root := trial(t, now)
	if code, printed := made(t, now, "-out", root, "-given", "x"); code != exitOK || !strings.Contains(printed, "complete") {
		t.Errorf("the check says %d: %s", code, printed)
	}
	password := content(t, root, "postgres", "password")
	if len(password) < 20 || content(t, root, "data-sync", "postgres_password") != password || content(t, root, "auditor", "pgpass") != "*:*:*:*:"+password+"\n" {
		t.Error("PostgreSQL and its callers have different passwords")
	}
	sum := sha256.Sum256([]byte(content(t, root, "data-sync", "redis_password")))
	if acl := content(t, root, "redis", "users.acl"); !strings.Contains(acl, "#"+hex.EncodeToString(sum[:])+" ") {
		t.Error("Redis does not know its caller's password")
	}
}

func TestKeysAreForTheirReadersAlone(t *testing.T) {
	root := trial(t, time.Now())
	err := filepath.WalkDir(root, func(path string, entry os.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		public := filepath.Ext(path) == ".crt" || entry.Name() == "admin_password" // Grafana's user shares no group
		if open := info.Mode().Perm()&0o007 != 0; open && !public || info.Mode().Perm()&0o222 != 0 {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhatIsThereIsKept(t *testing.T) {
	now := time.Now()
	root := trial(t, now)
	if code, printed := made(t, now.Add(24*time.Hour), "-out", root); code != exitOK || strings.Contains(printed, "wrote") {
		t.Errorf("exit %d: %s", code, printed)
	}
	// One file lost: it comes again from its twin.
	password := content(t, root, "postgres", "password")
	if err := os.Remove(filepath.Join(root, "data-sync", "postgres_password")); err != nil {
		t.Fatal(err)
	}
	if code, printed := made(t, now, "-out", root); code != exitOK || strings.Count(printed, "wrote") != 1 {
		t.Errorf("exit %d: %s", code, printed)
	}
	if content(t, root, "data-sync", "postgres_password") != password {
		t.Error("the password has changed")
	}
	// Redis's caller has lost its password, of which only a hash is left.
	if err := os.Remove(filepath.Join(root, "data-sync", "redis_password")); err != nil {
		t.Fatal(err)
	}
	if code, printed := made(t, now, "-out", root); code != exitFailed || !strings.Contains(printed, "users.acl") {
		t.Errorf("exit %d: %s", code, printed)
	}
}

func TestACertificateIsRenewedInTheLastThirdOfItsLifeOrWhenAsked(t *testing.T) {
	now := time.Now()
	root := trial(t, now)
	for _, tt := range []struct {
		name    string
		at      time.Duration
		args    []string
		renewed bool
	}{
		{"in its first two thirds it is kept", 59 * 24 * time.Hour, nil, false},
		{"then it is renewed", 61 * 24 * time.Hour, nil, true},
		{"the new one is kept", 62 * 24 * time.Hour, nil, false},
		{"when asked it is renewed", 62 * 24 * time.Hour, []string{"-renew"}, true},
		{"after its end it is renewed", 400 * 24 * time.Hour, nil, true},
	} {
		before := content(t, root, "data-sync", "tls.crt")
		ca := content(t, root, "ca", "ca.crt")
		if code, printed := made(t, now.Add(tt.at), append(tt.args, "-out", root)...); code != exitOK {
			t.Fatalf("%s: exit %d: %s", tt.name, code, printed)
		}
		if renewed := content(t, root, "data-sync", "tls.crt") != before; renewed != tt.renewed {
			t.Errorf("%s: renewed %t", tt.name, renewed)
		}
		if content(t, root, "ca", "ca.crt") != ca {
			t.Errorf("%s: the CA is another one", tt.name)
		}
		if code, printed := made(t, now.Add(tt.at), "-out", root, "-given", "x"); code != exitOK {
			t.Errorf("%s: the check says %s", tt.name, printed)
		}
	}
}

func TestTheCheckNamesEachFileAtFault(t *testing.T) {
	now := time.Now()
	for _, tt := range []struct {
		name  string
		spoil func(root string) error
		want  []string
	}{
		{"a file is missing", func(root string) error { return os.Remove(filepath.Join(root, "redis", "users.acl")) }, []string{"redis/users.acl"}},
		{"a password is empty", func(root string) error {
			return replace(filepath.Join(root, "data-sync", "redis_password"), nil)
		}, []string{"data-sync/redis_password", "empty"}},
		{"a key is another's", func(root string) error {
			key, err := os.ReadFile(filepath.Join(root, "nightly", "tls.key"))
			if err != nil {
				return err
			}
			return replace(filepath.Join(root, "operator", "tls.key"), key)
		}, []string{"operator/tls.crt", "private key does not match"}},
		{"Grafana cannot read its password, and would take admin", func(root string) error {
			return os.Chmod(filepath.Join(root, "grafana"), 0o750)
		}, []string{"/grafana:", "472"}},
		{"a certificate is another CA's", func(root string) error {
			return foreign(root, "nightly", "nightly", now.Add(time.Hour))
		}, []string{"data-sync/ca.crt", "CA of nightly"}},
		{"a certificate has ended", func(root string) error {
			return own(root, "terminology", "terminology", now.Add(-time.Hour))
		}, []string{"CA of terminology", "expired"}},
		{"a certificate is for another name", func(root string) error {
			return own(root, "postgres", "database", now.Add(time.Hour))
		}, []string{"CA of postgres", "database"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root := trial(t, now)
			if err := tt.spoil(root); err != nil {
				t.Fatal(err)
			}
			code, printed := made(t, now, "-out", root, "-given", "/etc/aecode/secrets/")
			if code != exitFailed {
				t.Errorf("exit %d", code)
			}
			for _, want := range tt.want {
				if !strings.Contains(filepath.ToSlash(printed), want) {
					t.Errorf("it says %q, want %q in it", printed, want)
				}
			}
			if strings.Contains(printed, content(t, root, "postgres", "password")) {
				t.Error("it shows a password")
			}
		})
	}
}

func TestWrongUsageEndsWith2(t *testing.T) {
	for _, args := range [][]string{{"-days", "0"}, {"-days", "826"}, {"all"}, {"-nonsense"}} {
		if code, _ := made(t, time.Now(), args...); code != exitUsage {
			t.Errorf("%v: exit %d", args, code)
		}
	}
}

func replace(path string, with []byte) error {
	if err := os.Remove(path); err != nil {
		return err
	}
	return os.WriteFile(path, with, 0o400)
}

// foreign gives an identity a certificate of a CA that nobody here knows.
func foreign(root, id, name string, end time.Time) error {
	ca, err := trialca.New("another", end.Add(-time.Hour), end.Add(time.Hour))
	if err != nil {
		return err
	}
	return issue(ca, root, id, name, end)
}

// own gives an identity a certificate of the trial's CA.
func own(root, id, name string, end time.Time) error {
	cert, err := os.ReadFile(filepath.Join(root, "ca", "ca.crt"))
	if err != nil {
		return err
	}
	key, err := os.ReadFile(filepath.Join(root, "ca", "ca.key"))
	if err != nil {
		return err
	}
	ca, err := trialca.Load(cert, key)
	if err != nil {
		return err
	}
	return issue(ca, root, id, name, end)
}

func issue(ca *trialca.CA, root, id, name string, end time.Time) error {
	cert, key, err := ca.Issue(trialca.Leaf{Names: []string{name}, NotBefore: end.Add(-24 * time.Hour), NotAfter: end})
	if err != nil {
		return err
	}
	if err := replace(filepath.Join(root, id, "tls.crt"), cert); err != nil {
		return err
	}
	return replace(filepath.Join(root, id, "tls.key"), key)
}
