package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
)

// The files of the repository, from this folder.
const (
	root       = "../../.."
	dashboards = root + "/deploy/grafana/dashboards"
)

func provisioned(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "deploy/grafana/provisioning", path))
	if err != nil {
		t.Fatal(err)
	}
	if err := yaml.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

func TestPanelsAreCompleteAndStandBesideEachOther(t *testing.T) {
	var sources struct{ Datasources []struct{ Type, UID string } }
	provisioned(t, "datasources/prometheus.yml", &sources)
	if len(sources.Datasources) != 1 {
		t.Fatalf("%+v", sources)
	}
	source := datasource(sources.Datasources[0])
	files, err := filepath.Glob(filepath.Join(dashboards, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d dashboards, %v", len(files), err)
	}
	for _, file := range files {
		d, err := readDashboard(file)
		if err != nil {
			t.Fatal(err)
		}
		if d.UID == "" || d.Title == "" {
			t.Errorf("%s: uid %q, title %q", file, d.UID, d.Title)
		}
		ids, cells := map[int]string{}, map[[2]int]string{}
		for _, p := range d.all() {
			name := fmt.Sprintf("%s: panel %d %q", filepath.Base(file), p.ID, p.Title)
			if other, taken := ids[p.ID]; p.ID == 0 || taken {
				t.Errorf("%s: its id is %q's too", name, other)
			}
			ids[p.ID] = p.Title
			g := p.GridPos
			if g.W < 1 || g.H < 1 || g.X < 0 || g.X+g.W > 24 {
				t.Errorf("%s: position %+v", name, g)
			}
			for x := g.X; x < g.X+g.W; x++ {
				for y := g.Y; y < g.Y+g.H; y++ {
					if other, taken := cells[[2]int{x, y}]; taken {
						t.Fatalf("%s covers %q", name, other)
					}
					cells[[2]int{x, y}] = p.Title
				}
			}
			if p.Title == "" {
				t.Errorf("%s has no title", name)
			}
			if p.Type == "row" {
				continue
			}
			if p.Description == "" || p.FieldConfig.Defaults.Unit == "" || p.Datasource != source || len(p.Targets) == 0 {
				t.Errorf("%s: description %q, unit %q, datasource %v, %d queries", name, p.Description, p.FieldConfig.Defaults.Unit, p.Datasource, len(p.Targets))
			}
			var refs []string
			for _, target := range p.Targets {
				if target.Datasource != source || target.Expr == "" || target.RefID == "" || slices.Contains(refs, target.RefID) {
					t.Errorf("%s: query %+v", name, target)
				}
				refs = append(refs, target.RefID)
			}
		}
	}
}

func TestGrafanaFindsTheDashboardsInTheirFolder(t *testing.T) {
	var providers struct {
		Providers []struct {
			Type    string
			Options struct{ Path string }
		}
	}
	provisioned(t, "dashboards/aecode.yml", &providers)
	if len(providers.Providers) != 1 || providers.Providers[0].Type != "file" || providers.Providers[0].Options.Path != "/var/lib/grafana/dashboards" {
		t.Errorf("%+v", providers)
	}
}
