package rpcserver

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/metadata"

	"aecode/common/version"
)

func TestHealthAndMetricsSayWhichBuildAnswers(t *testing.T) {
	ready := NewReadiness()
	s := start(t, &echoing{}, Options{Ready: ready})
	get := func(path string) string {
		t.Helper()
		answer, err := http.Get(s.metrics + path)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	check := func(want grpc_health_v1.HealthCheckResponse_ServingStatus) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		var header metadata.MD
		got, err := grpc_health_v1.NewHealthClient(s.conn).Check(ctx, &grpc_health_v1.HealthCheckRequest{}, grpc.WaitForReady(true), grpc.Header(&header))
		if err != nil || got.GetStatus() != want {
			t.Fatalf("%v, %v", got, err)
		}
		if said := header.Get(versionHeader); len(said) != 1 || said[0] != version.Short() {
			t.Errorf("header %v, want %s", header, version.Short())
		}
	}
	check(grpc_health_v1.HealthCheckResponse_NOT_SERVING)
	if got, want := get("/healthz"), "not ready test "+version.Short()+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	ready.Set(true)
	check(grpc_health_v1.HealthCheckResponse_SERVING)
	if got, want := get("/healthz"), "ok test "+version.Short()+"\n"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := get("/metrics"), `aecode_build_info{commit="`+version.Commit+`"`; !strings.Contains(got, want) {
		t.Errorf("no %s in the metrics", want)
	}
	var header metadata.MD
	if err := s.say(t, grpc.Header(&header)); err != nil || len(header.Get(versionHeader)) != 0 {
		t.Errorf("another call: %v, %v", header, err)
	}
}
