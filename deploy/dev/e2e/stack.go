package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// standin is the image of deploy/dev/e2e/standin.
const standin = "aecode-e2e/standin:local"

// stack is the Compose project under test.
type stack struct {
	project string   // its name, apart from any other run's on the machine
	root    string   // of the repository
	work    string   // what is written meanwhile
	lock    *os.File // held while this process lives
	slow    float64  // by how much limits are longer than on a quiet machine
	compose []string // the Compose command
	env     []string
	inputs  []input
	// verbatims and secrets must not be in images, environment, configuration or logs.
	verbatims, secrets []string
	earlierLogs        string // of removed containers
	version, commit    string
	tag                string // of the images
}

// input is an imported file, for verify.
type input struct {
	file, source, id string
	rows             int
}

// newStack prepares a project of its own, so that several may run on one machine.
// Nothing of it is up yet.
func newStack(ctx context.Context, slow float64) (*stack, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(root, "docker-compose.yml")); err != nil {
		return nil, errors.New("must be run in the root of the repository")
	}
	ask, cancel := context.WithTimeout(ctx, time.Duration(slow*float64(20*time.Second)))
	defer cancel()
	if out, err := exec.CommandContext(ask, "docker", "version", "--format", "{{.Server.Version}}").Output(); err != nil || len(bytes.TrimSpace(out)) == 0 {
		return nil, errNoEngine
	}
	s, err := claim(root)
	if err != nil {
		return nil, err
	}
	s.slow = slow
	ports, err := freePorts(ctx)
	if err != nil {
		return nil, err
	}
	nothing := filepath.Join(s.work, "nothing.env") // 1.29 does not accept /dev/null
	if err := os.WriteFile(nothing, nil, 0o644); err != nil {
		return nil, err
	}
	if s.compose, err = composeCommand(ask, nothing); err != nil {
		return nil, err
	}
	s.version, s.commit = "e2e", "unknown"
	if head, err := exec.CommandContext(ask, "git", "rev-parse", "--short=12", "HEAD").Output(); err == nil {
		s.commit = strings.TrimSpace(string(head))
	}
	s.env = append(kept("PATH", "HOME", "TMPDIR", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "XDG_RUNTIME_DIR",
		"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR",
		"GOCACHE", "GOMODCACHE", "GOFLAGS", "GOSUMDB", "GOPATH"),
		"COMPOSE_PROJECT_NAME="+s.project,
		"AECODE_VERSION="+s.tag, "VERSION="+s.version, "COMMIT="+s.commit,
		"GOPROXY="+goProxy(ask),
		"AECODE_DATA="+filepath.Join(s.work, "data"),
		"SYNONYMS=/lists/synonyms.csv",
		"NIGHTLY_SCHEDULE=* * * * *",
		"DATASYNC_PORTS="+ports,
	)
	if version, err := s.dc(ask, "version", "--short"); err == nil && strings.HasPrefix(version, "1.") {
		// Build in memory: the classic builder's layers may be on a slow disk. BuildKit has
		// no option for it, and 1.29 passes it on only if it calls the engine itself.
		s.env = append(s.env, "BUILD_CACHE=/dev/shm/cache", "BUILD_SHM=4g", "COMPOSE_DOCKER_CLI_BUILD=0")
	}
	for _, image := range []string{"GO_IMAGE", "POSTGRES_IMAGE", "REDIS_IMAGE", "PROMETHEUS_IMAGE"} {
		name := os.Getenv(image)
		if name == "" {
			name = standin
		}
		s.env = append(s.env, image+"="+name)
	}
	return s, nil
}

// composeCommand gives Compose v2 if the docker client has it, else docker-compose, or the
// command in COMPOSE. It reads no environment file except the given one.
func composeCommand(ctx context.Context, environment string) ([]string, error) {
	// .env and an override file in the checkout must not change the test.
	bare := []string{"-f", "docker-compose.yml", "--env-file", environment}
	if named := os.Getenv("COMPOSE"); named != "" {
		return append(strings.Fields(named), bare...), nil
	}
	if exec.CommandContext(ctx, "docker", "compose", "version").Run() == nil {
		return append([]string{"docker", "compose"}, bare...), nil
	}
	if _, err := exec.LookPath("docker-compose"); err != nil {
		return nil, errors.New("neither `docker compose` nor docker-compose is installed")
	}
	return append([]string{"docker-compose"}, bare...), nil
}

func goProxy(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "go", "env", "GOPROXY").Output()
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

func kept(names ...string) []string {
	var env []string
	for _, name := range names {
		if value, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+value)
		}
	}
	return env
}
