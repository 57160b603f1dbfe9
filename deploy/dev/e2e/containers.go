package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
)

// container is the part of the engine's description of a container that is needed.
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

// containers gives the project's containers, running and ended, of these services; none
// given: of all.
func (s *stack) containers(ctx context.Context, services ...string) ([]container, error) {
	ids, err := s.docker(ctx, "ps", "-aq", "--no-trunc", "--filter", "label=com.docker.compose.project="+s.project)
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

// address gives host:port of a container on the internal network.
func (c container) address(port string) (string, error) {
	at, ok := c.NetworkSettings.Networks[c.Config.Labels["com.docker.compose.project"]+"_inside"]
	if !ok || at.IPAddress == "" {
		return "", fmt.Errorf("%s has no address on the internal network", c.Service)
	}
	return at.IPAddress + ":" + port, nil
}
