package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aecode/common/testsupport/localserver"
	"aecode/common/testsupport/trialca"
)

func TestTheCertificateOfTheNightIsAmongTheMetricsAndItsFaultStopsNoRun(t *testing.T) {
	port, err := localserver.FreePort()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	files := map[string]string{"AECODE_TLS_CERT": filepath.Join(dir, "tls.crt"), "AECODE_TLS_KEY": filepath.Join(dir, "tls.key"), "AECODE_TLS_CA": filepath.Join(dir, "ca.crt")}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan int, 1)
	go func() {
		ended <- execute(ctx, []string{"-schedule", "@every 1s", "-listen", fmt.Sprintf("127.0.0.1:%d", port), "--", "/bin/true"},
			func(name string) string { return files[name] }, io.Discard, io.Discard)
	}()
	defer http.DefaultClient.CloseIdleConnections()
	defer func() {
		stop()
		if code := <-ended; code != exitOK {
			t.Errorf("exit code %d", code)
		}
	}()
	shown := func(what string, check func(text string) bool) {
		t.Helper()
		until(t, what, func() (bool, string) {
			resp, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/metrics", port))
			if err != nil {
				return false, err.Error()
			}
			defer resp.Body.Close()
			text, err := io.ReadAll(resp.Body)
			return err == nil && check(string(text)), string(text)
		})
	}
	shown("a run without the files", func(text string) bool {
		return strings.Contains(text, "aecode_certificate_files_faulty 1\n") &&
			strings.Contains(text, "aecode_nightly_last_exit_code 0\n") && !strings.Contains(text, "aecode_certificate_expiry")
	})

	ca, err := trialca.New("ca", time.Now().Add(-time.Hour), time.Now().Add(48*time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	caPEM, _, err := ca.PEM()
	if err != nil {
		t.Fatal(err)
	}
	cert, key, err := ca.Issue(trialca.Leaf{Names: []string{"nightly"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)})
	if err = errors.Join(err, os.WriteFile(files["AECODE_TLS_CERT"], cert, 0o600),
		os.WriteFile(files["AECODE_TLS_KEY"], key, 0o600), os.WriteFile(files["AECODE_TLS_CA"], caPEM, 0o600)); err != nil {
		t.Fatal(err)
	}
	shown("the end of the certificate", func(text string) bool {
		return strings.Contains(text, "aecode_certificate_files_faulty 0\n") &&
			strings.Contains(text, `aecode_certificate_expiry_timestamp_seconds{certificate="own"} `) &&
			strings.Contains(text, `aecode_certificate_expiry_timestamp_seconds{certificate="ca"} `)
	})
}
