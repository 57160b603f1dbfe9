package certfiles

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// trusts reports whether a certificate was issued by one of m's CAs.
func trusts(t *testing.T, m *Material, certPEM string) bool {
	t.Helper()
	block, _ := pem.Decode([]byte(certPEM))
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	_, err = cert.Verify(x509.VerifyOptions{Roots: m.Roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}

func TestChangedFilesAreTakenUpWithoutARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first, second := newCA(t, "first", 240*time.Hour), newCA(t, "second", 240*time.Hour)
		cert, key := issue(t, first, -time.Hour, time.Hour)
		files := filled(t, cert, key, bundle(t, first))
		var log said
		s, err := Open(files, &log)
		if err != nil {
			t.Fatal(err)
		}
		newCert, newKey := issue(t, second, -time.Hour, 2*time.Hour)
		if !trusts(t, s.Now(), cert) || trusts(t, s.Now(), newCert) {
			t.Fatal("the CA trusted is not that of the file")
		}

		// Both CAs are trusted while certificates are rotated.
		write(t, files.CA, bundle(t, first)+"between two certificates\n"+bundle(t, second))
		if trusts(t, s.Now(), newCert) {
			t.Error("the files are looked at all the time")
		}
		time.Sleep(checkEvery)
		if m := s.Now(); !trusts(t, m, newCert) || !trusts(t, m, cert) {
			t.Error("both CAs are not trusted")
		}
		write(t, files.Cert, newCert)
		write(t, files.Key, newKey)
		write(t, files.CA, bundle(t, second))
		time.Sleep(checkEvery)
		if m := s.Now(); !trusts(t, m, newCert) || trusts(t, m, cert) || time.Until(m.ownUntil) < time.Hour {
			t.Error("the new CA and certificate are not in use, or the old ones still")
		}
		if log.infos != 2 || len(log.told()) != 0 {
			t.Errorf("%d changes logged, faults %q; want 2 and none", log.infos, log.told())
		}
	})
}

func TestASymbolicLinkThatLeadsElsewhereIsAChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t, "ca", 240*time.Hour)
		cert, key := issue(t, ca, -time.Hour, time.Hour)
		before := filled(t, cert, key, bundle(t, ca))
		cert, key = issue(t, ca, -time.Hour, 3*time.Hour)
		after := filled(t, cert, key, bundle(t, ca))
		mounted := filepath.Join(t.TempDir(), "data")
		if err := os.Symlink(filepath.Dir(before.Cert), mounted); err != nil {
			t.Fatal(err)
		}
		var log said
		s, err := Open(Files{Cert: mounted + "/tls.crt", Key: mounted + "/tls.key", CA: mounted + "/ca.crt"}, &log)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(mounted); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Dir(after.Cert), mounted); err != nil {
			t.Fatal(err)
		}
		time.Sleep(checkEvery)
		if until := time.Until(s.Now().ownUntil); until < 2*time.Hour {
			t.Errorf("the certificate in use ends in %v", until)
		}
	})
}

func TestFaultyNewFilesKeepTheOldAreLoggedAndCountedOnce(t *testing.T) {
	for name, change := range map[string]func(t *testing.T, f Files){
		"a certificate without its key": func(t *testing.T, f Files) {
			cert, _ := issue(t, newCA(t, "x", time.Hour), -time.Hour, time.Hour)
			write(t, f.Cert, cert)
		},
		"half a certificate": func(t *testing.T, f Files) {
			content, err := os.ReadFile(f.Cert)
			if err != nil {
				t.Fatal(err)
			}
			write(t, f.Cert, string(content[:len(content)/2]))
		},
		"an empty key":        func(t *testing.T, f Files) { write(t, f.Key, "") },
		"no CA":               func(t *testing.T, f Files) { write(t, f.CA, "none here\n") },
		"a key among the CAs": func(t *testing.T, f Files) { key, _ := os.ReadFile(f.Key); write(t, f.CA, string(key)) },
		"half of a second CA": func(t *testing.T, f Files) {
			both := bundle(t, newCA(t, "x", time.Hour), newCA(t, "y", time.Hour))
			write(t, f.CA, both[:len(both)-100])
		},
		"a service's certificate as CA": func(t *testing.T, f Files) { cert, _ := os.ReadFile(f.Cert); write(t, f.CA, string(cert)) },
		"a file that is gone": func(t *testing.T, f Files) {
			if err := os.Remove(f.Key); err != nil {
				t.Fatal(err)
			}
		},
		"a file without end": func(t *testing.T, f Files) { write(t, f.CA, strings.Repeat("x", maxFile+1)) },
		"a certificate that has expired": func(t *testing.T, f Files) {
			cert, key := issue(t, newCA(t, "x", time.Hour), -2*time.Hour, -time.Hour)
			write(t, f.Cert, cert)
			write(t, f.Key, key)
		},
		"a certificate of the future": func(t *testing.T, f Files) {
			cert, key := issue(t, newCA(t, "x", time.Hour), time.Hour, 2*time.Hour)
			write(t, f.Cert, cert)
			write(t, f.Key, key)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ca := newCA(t, "ca", 240*time.Hour)
				cert, key := issue(t, ca, -time.Hour, 24*time.Hour)
				files := filled(t, cert, key, bundle(t, ca))
				var log said
				s, err := Open(files, &log)
				if err != nil {
					t.Fatal(err)
				}
				before := s.Now()
				change(t, files)
				for range 10 {
					time.Sleep(checkEvery)
					if s.Now() != before {
						t.Fatal("what was in use is not in use any more")
					}
				}
				told := log.told()
				if len(told) != 1 || gathered(t, s)[failed] != 1 {
					t.Fatalf("told %q, counted %v; want once", told, gathered(t, s)[failed])
				}
				if strings.Contains(told[0], key[80:110]) {
					t.Errorf("it shows the key: %s", told[0])
				}
				if !strings.Contains(told[0], filepath.Dir(files.Cert)) && !strings.Contains(told[0], "valid only from") && !strings.Contains(told[0], "expired at") {
					t.Errorf("it does not name the file: %s", told[0])
				}
				// Repaired and then faulty again: this is another fault.
				cert, key = issue(t, ca, -time.Hour, 48*time.Hour)
				write(t, files.Cert, cert)
				write(t, files.Key, key)
				write(t, files.CA, bundle(t, ca))
				time.Sleep(checkEvery)
				if s.Now() == before {
					t.Error("mended files are not taken up")
				}
				change(t, files)
				for range 3 {
					time.Sleep(checkEvery)
					s.Now()
				}
				if got := gathered(t, s)[failed]; got != 2 {
					t.Errorf("%v failures counted, want 2", got)
				}
			})
		})
	}
}

func TestACertificateOfTheFutureIsTakenUpWhenItsTimeHasCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t, "ca", 240*time.Hour)
		cert, key := issue(t, ca, -time.Hour, 24*time.Hour)
		files := filled(t, cert, key, bundle(t, ca))
		s, err := Open(files, new(said))
		if err != nil {
			t.Fatal(err)
		}
		before := s.Now()
		cert, key = issue(t, ca, time.Minute, 48*time.Hour)
		write(t, files.Cert, cert)
		write(t, files.Key, key)
		time.Sleep(50 * time.Second)
		if s.Now() != before {
			t.Error("taken up too early")
		}
		time.Sleep(15 * time.Second)
		if s.Now() == before {
			t.Error("not taken up")
		}
	})
}

func TestTheMomentBetweenACertificateAndItsKeyIsNoFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ca := newCA(t, "ca", 240*time.Hour)
		cert, key := issue(t, ca, -time.Hour, time.Hour)
		files := filled(t, cert, key, bundle(t, ca))
		var log said
		s, err := Open(files, &log)
		if err != nil {
			t.Fatal(err)
		}
		before := s.Now()
		cert, key = issue(t, ca, -time.Hour, 2*time.Hour)
		write(t, files.Cert, cert)
		time.Sleep(checkEvery)
		if s.Now() != before {
			t.Error("a certificate is used without its key")
		}
		write(t, files.Key, key)
		time.Sleep(checkEvery)
		if s.Now() == before || len(log.told()) != 0 || gathered(t, s)[failed] != 0 {
			t.Errorf("not taken up, or told as a fault: %q", log.told())
		}
	})
}

func TestTheMetricsShowTheFirstEndWithoutAnyHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late, soon := newCA(t, "late", 240*time.Hour), newCA(t, "soon", 120*time.Hour)
		cert, key := issue(t, late, -time.Hour, 24*time.Hour)
		files := filled(t, cert, key, bundle(t, late, soon))
		s, err := Open(files, new(said))
		if err != nil {
			t.Fatal(err)
		}
		now := time.Now()
		expect := func(own, ca time.Duration) {
			t.Helper()
			got := gathered(t, s)
			if got[ownExpiry] != float64(now.Add(own).Unix()) || got[caExpiry] != float64(now.Add(ca).Unix()) || got[failed] != 0 {
				t.Errorf("%v, want own in %v, ca in %v", got, own, ca)
			}
		}
		expect(24*time.Hour, 120*time.Hour)
		cert, key = issue(t, late, -time.Hour, 36*time.Hour)
		write(t, files.Cert, cert)
		write(t, files.Key, key)
		write(t, files.CA, bundle(t, late))
		time.Sleep(checkEvery)
		expect(36*time.Hour, 240*time.Hour)
	})
}

func TestTheStartNamesTheFileAtFault(t *testing.T) {
	ca := newCA(t, "ca", time.Hour)
	cert, key := issue(t, ca, -time.Hour, time.Hour)
	good := filled(t, cert, key, bundle(t, ca))
	bad := filled(t, "x", "y", "z")
	for what, files := range map[string]Files{
		"/nowhere/crt": {Cert: "/nowhere/crt", Key: good.Key, CA: good.CA},
		"/nowhere/key": {Cert: good.Cert, Key: "/nowhere/key", CA: good.CA},
		"/nowhere/ca":  {Cert: good.Cert, Key: good.Key, CA: "/nowhere/ca"},
		bad.Cert:       {Cert: bad.Cert, Key: good.Key, CA: good.CA},
		bad.Key:        {Cert: good.Cert, Key: bad.Key, CA: good.CA},
		bad.CA:         {Cert: good.Cert, Key: good.Key, CA: bad.CA},
	} {
		if _, err := Open(files, new(said)); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, want %s named", err, what)
		}
	}
}

func TestAnExpiredCertificateStopsNoStartButIsLogged(t *testing.T) {
	ca := newCA(t, "ca", time.Hour)
	cert, key := issue(t, ca, -2*time.Hour, -time.Hour)
	var log said
	if _, err := Open(filled(t, cert, key, bundle(t, ca)), &log); err != nil || len(log.told()) != 1 || !strings.Contains(log.told()[0], "expired") {
		t.Errorf("%v, told %q", err, log.told())
	}
}

func TestNobodyWaitsForFilesThatHang(t *testing.T) {
	ca := newCA(t, "ca", time.Hour)
	cert, key := issue(t, ca, -time.Hour, time.Hour)
	files := filled(t, cert, key, bundle(t, ca))
	s, err := Open(files, new(said))
	if err != nil {
		t.Fatal(err)
	}
	// Opening a pipe without a writer blocks, like a file on a dead file server.
	if err := os.Remove(files.CA); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(files.CA, 0o600); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	s.checked = time.Time{}
	s.mu.Unlock()
	hung := make(chan struct{})
	go func() { s.Now(); close(hung) }()
	var release *os.File
	for release == nil { // until somebody reads it
		if release, err = os.OpenFile(files.CA, os.O_WRONLY|syscall.O_NONBLOCK, 0); err != nil && !errors.Is(err, syscall.ENXIO) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
	if s.Now() == nil {
		t.Error("no material")
	}
	select {
	case <-hung:
		t.Error("it did not hang: the test is wrong")
	default:
	}
	if err := release.Close(); err != nil {
		t.Fatal(err)
	}
	<-hung
}
