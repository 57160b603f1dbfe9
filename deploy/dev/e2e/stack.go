package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// project is the Compose project's name, apart from any other on the machine.
const project = "aecode-e2e"

// standin is the image of deploy/dev/e2e/standin.
const standin = "aecode-e2e/standin:local"

// stack is the Compose project under test.
type stack struct {
	root    string   // of the repository
	work    string   // what is written meanwhile
	compose []string // the Compose command
	env     []string
	inputs  []input
	// verbatims and secrets must be found nowhere but where they belong.
	verbatims, secrets []string
	earlierLogs        string // of containers that are gone
	version, commit    string
}

// input is a file that was imported, to be accounted for.
type input struct {
	file, source, id string
	rows             int
}

func newStack(ctx context.Context) (*stack, error) {
	root, err := os.Getwd()
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(root, "docker-compose.yml")); err != nil {
		return nil, errors.New("must be run in the root of the repository")
	}
	ask, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if out, err := exec.CommandContext(ask, "docker", "version", "--format", "{{.Server.Version}}").Output(); err != nil || len(bytes.TrimSpace(out)) == 0 {
		return nil, errNoEngine
	}
	s := &stack{root: root, work: filepath.Join(root, "out", "e2e")}
	if err := os.MkdirAll(filepath.Join(s.work, "data"), 0o755); err != nil {
		return nil, err
	}
	nothing := filepath.Join(s.work, "nothing.env")           // 1.29 takes no device for a file
	if err := os.WriteFile(nothing, nil, 0o644); err != nil { //nolint:gosec // it is empty
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
		"COMPOSE_PROJECT_NAME="+project,
		"AECODE_VERSION="+s.version, "VERSION="+s.version, "COMMIT="+s.commit,
		"GOPROXY="+goProxy(ask),
		"AECODE_DATA="+filepath.Join(s.work, "data"),
		"SYNONYMS=/lists/synonyms.csv",
		"NIGHTLY_SCHEDULE=* * * * *",
		"DATASYNC_PORTS=29102-29111",
	)
	if version, err := s.dc(ask, "version", "--short"); err == nil && strings.HasPrefix(version, "1.") {
		// The classic builder's layers may lie on a slow disk; BuildKit gives no memory
		// to build in, and 1.29 asks for it only where it calls the engine itself.
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

// composeCommand is Compose v2 where the docker client has it, else docker-compose.
// COMPOSE names another. It reads no environment but the file's.
func composeCommand(ctx context.Context, environment string) ([]string, error) {
	// What lies in the checkout, .env and an override file, is not to change what is
	// proved.
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

// exec runs a command at most so long and gives its standard output; its error
// holds what it printed.
func (s *stack) exec(ctx context.Context, limit time.Duration, stdin io.Reader, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.Stdin = s.root, s.env, stdin
	cmd.WaitDelay = 5 * time.Second
	var out, bad bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &bad
	if err := cmd.Run(); err != nil {
		said := strings.TrimSpace(out.String() + "\n" + bad.String())
		if len(said) > 4000 {
			said = "..." + said[len(said)-4000:]
		}
		return out.String(), fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, said)
	}
	return out.String(), nil
}

func (s *stack) docker(ctx context.Context, args ...string) (string, error) {
	return s.exec(ctx, 3*time.Minute, nil, "docker", args...)
}

// dc runs a Compose command.
func (s *stack) dc(ctx context.Context, args ...string) (string, error) {
	return s.exec(ctx, 15*time.Minute, nil, s.compose[0], slices.Concat(s.compose[1:], args)...)
}

// operator runs syncctl as a person would.
func (s *stack) operator(ctx context.Context, args ...string) (string, error) {
	return s.dc(ctx, slices.Concat([]string{"run", "--rm", "-T", "operator"}, args)...)
}

// remove takes everything of the project away, volumes and copied secrets too.
func (s *stack) remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Minute) // whatever ended the run
	defer cancel()
	_, err := s.dc(ctx, "down", "--volumes", "--remove-orphans", "--timeout", "20")
	if _, there := os.Stat(filepath.Join(s.work, "secrets")); there == nil {
		// Its files belong to the containers' users.
		_, gone := s.chore(ctx, "rm", []string{"-v", s.work + ":/proof"}, "-rf", "/proof/secrets")
		err = errors.Join(err, gone)
	}
	return err
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

// container is what the engine says of one, as far as it is looked at.
type container struct {
	ID      string
	Service string
	State   struct {
		Status, StartedAt string
		Pid, ExitCode     int
		Health            struct{ Status string }
	}
	RestartCount int
	Config       struct {
		User   string
		Env    []string
		Labels map[string]string
	}
	HostConfig struct {
		ReadonlyRootfs bool
		CapDrop        []string
		CapAdd         []string
		SecurityOpt    []string
		Privileged     bool
		Memory         int64
		NanoCpus       int64
		PidsLimit      int64
	}
	NetworkSettings struct {
		Ports    map[string][]struct{ HostIp, HostPort string }
		Networks map[string]struct{ IPAddress string }
	}
}

// containers gives the project's, running and ended, of these services or of all.
func (s *stack) containers(ctx context.Context, services ...string) ([]container, error) {
	ids, err := s.docker(ctx, "ps", "-aq", "--no-trunc", "--filter", "label=com.docker.compose.project="+project)
	if err != nil || strings.TrimSpace(ids) == "" {
		return nil, err
	}
	out, err := s.docker(ctx, slices.Concat([]string{"inspect", "--type", "container"}, strings.Fields(ids))...)
	if err != nil {
		return nil, err
	}
	var all []container
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		return nil, fmt.Errorf("docker inspect: %w", err)
	}
	for i := range all {
		all[i].Service = all[i].Config.Labels["com.docker.compose.service"]
	}
	all = slices.DeleteFunc(all, func(c container) bool {
		oneOff := strings.EqualFold(c.Config.Labels["com.docker.compose.oneoff"], "true")
		return oneOff || len(services) > 0 && !slices.Contains(services, c.Service)
	})
	slices.SortFunc(all, func(a, b container) int { return strings.Compare(a.Service+a.ID, b.Service+b.ID) })
	return all, nil
}

// address is where the host reaches a container on the internal network.
func (c container) address(port string) (string, error) {
	at, ok := c.NetworkSettings.Networks[project+"_inside"]
	if !ok || at.IPAddress == "" {
		return "", fmt.Errorf("%s has no address on the internal network", c.Service)
	}
	return at.IPAddress + ":" + port, nil
}
