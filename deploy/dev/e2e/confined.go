package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
)

// whole has the number of containers of each service: everything except Grafana.
var whole = map[string]int{"postgres": 1, "redis": 1, "terminology": 2, "data-sync": 2, "nightly": 1, "prometheus": 1}

func comesUp(ctx context.Context, s *stack) (string, error) {
	if _, err := s.dc(ctx, "up", "-d", "nightly", "prometheus"); err != nil {
		return "", err
	}
	if err := s.healthy(ctx, patience, whole); err != nil {
		return "", err
	}
	all, err := s.containers(ctx, "secrets")
	if err != nil {
		return "", err
	}
	if len(all) != 1 || all[0].State.Status != "exited" || all[0].State.ExitCode != 0 {
		return "", fmt.Errorf("the containers of secrets: %+v, want one that has exited with 0", all)
	}
	return "", s.learnSecrets(ctx)
}

func isConfined(ctx context.Context, s *stack) (string, error) {
	all, err := s.containers(ctx)
	if err != nil {
		return "", err
	}
	published := 0
	for _, c := range all {
		if err := s.confined(ctx, c); err != nil {
			return "", fmt.Errorf("%s: %w", c.Service, err)
		}
		n, err := c.published()
		if err != nil {
			return "", fmt.Errorf("%s: %w", c.Service, err)
		}
		published += n
	}
	if published != 2 {
		return "", fmt.Errorf("%d ports are published, want one for each replica of data-sync", published)
	}
	inside, err := s.docker(ctx, "network", "inspect", "--format", "{{.Internal}}", s.project+"_inside")
	if err != nil {
		return "", err
	}
	if strings.TrimSpace(inside) != "true" {
		return "", errors.New("the network inside is not internal")
	}
	return fmt.Sprintf("%d containers, %d ports on 127.0.0.1", len(all), published), nil
}

// confined checks the restrictions of a container, by the engine and by the kernel.
func (s *stack) confined(ctx context.Context, c container) error {
	h := c.HostConfig
	user, _, _ := strings.Cut(c.Config.User, ":")
	switch {
	case user == "" || user == "root" || user == "0":
		return fmt.Errorf("runs as user %q", c.Config.User)
	case !slices.Contains(h.CapDrop, "ALL") || len(h.CapAdd) > 0 || h.Privileged:
		return fmt.Errorf("capabilities dropped %v, added %v, privileged %t", h.CapDrop, h.CapAdd, h.Privileged)
	case !h.ReadonlyRootfs:
		return errors.New("its root folder is writable")
	case !slices.ContainsFunc(h.SecurityOpt, func(o string) bool { return strings.HasPrefix(o, "no-new-privileges") }):
		return fmt.Errorf("security options %v lack no-new-privileges", h.SecurityOpt)
	case h.Memory == 0 || h.NanoCpus == 0 || h.PidsLimit <= 0:
		return fmt.Errorf("limits: memory %d, CPU %d, processes %d", h.Memory, h.NanoCpus, h.PidsLimit)
	}
	for network := range c.NetworkSettings.Networks {
		if network == s.project+"_published" && c.Service != "data-sync" && c.Service != "grafana" {
			return errors.New("is on the network published")
		}
	}
	if c.Service == "postgres" || c.Service == "redis" { // only their images have a shell
		if _, err := s.docker(ctx, "exec", c.ID, "touch", "/written"); err == nil {
			return errors.New("a file could be written to its root folder")
		}
	}
	if c.State.Pid == 0 || !c.here() {
		return nil // it has ended, or the engine is on another machine
	}
	return bare(c.State.Pid)
}

// here reports whether the container's process is on this machine.
func (c container) here() bool {
	groups, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", c.State.Pid))
	return err == nil && c.State.Pid > 1 && strings.Contains(string(groups), c.ID)
}

// bare checks the privileges of a container's first process, by the kernel.
func bare(pid int) error {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(status)) {
		name, rest, _ := strings.Cut(strings.TrimSpace(line), ":")
		fields := strings.Fields(rest)
		switch name {
		case "Uid":
			if slices.Contains(fields, "0") {
				return fmt.Errorf("the kernel runs it as user %v", fields)
			}
		case "CapEff", "CapPrm", "CapBnd":
			if strings.Trim(fields[0], "0") != "" {
				return fmt.Errorf("the kernel gives it %s %s", name, fields[0])
			}
		case "NoNewPrivs":
			if fields[0] != "1" {
				return errors.New("it can gain privileges")
			}
		}
	}
	return nil
}

// published counts the ports that are published on the host. It gives an error for any
// except data-sync's on loopback.
func (c container) published() (n int, err error) {
	for port, at := range c.NetworkSettings.Ports {
		for _, host := range at {
			if c.Service != "data-sync" || port != "9102/tcp" || host.HostIp != "127.0.0.1" {
				return 0, fmt.Errorf("port %s is published at %s:%s", port, host.HostIp, host.HostPort)
			}
			n++
		}
	}
	return n, nil
}

// hostPort gives the published address of a replica of data-sync.
func (c container) hostPort() string {
	for _, at := range c.NetworkSettings.Ports {
		for _, host := range at {
			return "127.0.0.1:" + host.HostPort
		}
	}
	return ""
}
