// Package certfiles reads a certificate, its private key and the trusted CAs
// from files, and loads changed files without a restart.
//
// A change is detected by content, because certificate rotations replace files,
// rewrite them or switch a symbolic link. New files are not loaded if they are
// faulty, do not belong together or hold an expired certificate: the previous
// material stays in use until the files are repaired.
package certfiles

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// checkEvery is the shortest time between two checks of the files.
const checkEvery = 2 * time.Second

// Source holds the newest usable material of the files. It starts no goroutine:
// the caller that asks for the material checks the files when a check is due. It
// is safe for concurrent use.
type Source struct {
	files    Files
	log      Logger
	now      atomic.Pointer[Material]
	failures atomic.Int64 // changed contents that could not be used
	faulty   atomic.Bool  // the files cannot be used, and this was reported

	mu      sync.Mutex // held while the files are checked
	checked time.Time
	inUse   [sha256.Size]byte
	// fault is the fault that the last check found, empty if it found none.
	// reported says that it has been reported.
	fault    string
	reported bool
}

// Logger receives what a Source logs: a message, and pairs of key and value.
type Logger interface {
	Info(msg string, args ...any)
	Error(msg string, args ...any)
}

// Open reads the files. If a file cannot be read or used, it returns an error
// that names the file. A certificate that is expired or not valid yet is only
// logged, because a renewed certificate will be loaded.
func Open(files Files, log Logger) (*Source, error) {
	s := &Source{files: files, log: log, checked: time.Now()}
	read, err := files.read()
	if err != nil {
		return nil, err
	}
	m, err := files.parse(read)
	if err != nil {
		return nil, err
	}
	if err := m.validAt(time.Now()); err != nil {
		log.Error("no peer will accept this certificate: renew it", "file", files.Cert, "why", err.Error())
	}
	s.inUse = read.digest()
	s.now.Store(m)
	return s, nil
}

// Watch is Open for a program that only exports the metrics of files that other
// programs use. Files that cannot be read or used are no error: they are logged,
// the metrics show them as faulty, and they are loaded once they are repaired.
// Until then Now returns empty material.
func Watch(files Files, log Logger) *Source {
	s, err := Open(files, log)
	if err == nil {
		return s
	}
	log.Error("the certificate files cannot be used: repair them; they are checked again every few seconds", "why", err.Error())
	s = &Source{files: files, log: log, checked: time.Now()}
	s.now.Store(&Material{})
	s.faulty.Store(true)
	s.check()
	s.reported = true // by the line above
	return s
}

// Now returns the material of the files. It is at most about two seconds old.
// While another goroutine checks the files, Now does not wait for it and returns
// the material in use.
func (s *Source) Now() *Material {
	if s.mu.TryLock() {
		if time.Since(s.checked) >= checkEvery {
			s.check()
			s.checked = time.Now()
		}
		s.mu.Unlock()
	}
	return s.now.Load()
}

// check reads the files and uses what is new and good in them.
func (s *Source) check() {
	read, err := s.files.read()
	digest := read.digest()
	if err == nil && digest == s.inUse {
		s.clearFault()
		return
	}
	var m *Material
	if err == nil {
		m, err = s.files.parse(read)
	}
	// An invalid certificate must not replace a valid one.
	if err == nil && s.now.Load().validAt(time.Now()) == nil {
		err = m.validAt(time.Now())
	}
	if err != nil {
		s.reject(fmt.Sprintf("%x %v", digest, err), err)
		return
	}
	s.clearFault()
	s.inUse = digest
	s.now.Store(m)
	s.log.Info("changed certificate files loaded", "file", s.files.Cert, "own_until", m.ownUntil, "ca_until", m.caUntil)
}

func (s *Source) clearFault() {
	s.fault, s.reported = "", false
	s.faulty.Store(false)
}

// reject reports a fault once, when two checks in a row have found it. Between a
// new certificate and its new key there is a moment in which the files do not
// belong together.
func (s *Source) reject(fault string, err error) {
	if s.fault != fault {
		s.fault, s.reported = fault, false
		return
	}
	if s.reported {
		return
	}
	s.reported = true
	s.failures.Add(1)
	s.faulty.Store(true)
	s.log.Error("changed certificate files cannot be used: repair them; the previous ones stay in use", "why", err.Error())
}
