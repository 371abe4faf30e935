package web

import (
	"encoding/xml"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// explained are the tests of the OGC's suite that fail, each with the systems it fails
// for and the reason; docs/conformance.md says the same. What fails besides, or no
// longer, fails this test.
var explained = map[string]struct{ systems, why string }{
	"verifyBboxCrsParameter":                                {"4756 5896 5897 5898 5899 9205-9218 3406", "the suite does not know these systems; takes 4756 with the longitude first, against EPSG; and carries only two corners of a box over, which in the neighbouring zone 3406 is another box"},
	"verifyFeaturesCrsParameterTransformWithCrsParameter":   {"4756 5896 5897 5898 5899 9205-9218", "the suite does not know these systems; takes 4756 with the longitude first, against EPSG"},
	"verifyFeatureCrsParameterTransformWithoutCrsParameter": {"4756 5896 5897 5898 5899 9205-9218", "the suite does not know these systems; takes 4756 with the longitude first, against EPSG"},
}

// suiteResults is what the suite writes.
type suiteResults struct {
	Passed  int `xml:"passed,attr"`
	Skipped int `xml:"skipped,attr"`
	Suites  []struct {
		Tests []struct {
			Classes []struct {
				Methods []suiteMethod `xml:"test-method"`
			} `xml:"class"`
		} `xml:"test"`
	} `xml:"suite"`
}

type suiteMethod struct {
	Name    string   `xml:"name,attr"`
	Status  string   `xml:"status,attr"`
	Message string   `xml:"exception>message"`
	Params  []string `xml:"params>param>value"`
}

// TestOGCSuite runs the OGC's own tests of Features parts 1 and 2 against an open
// layer and the base map.
func TestOGCSuite(t *testing.T) {
	t.Parallel()
	suite := os.Getenv("OGC_SUITE")
	if suite == "" {
		t.Skip("OGC_SUITE is not set: the OGC's test suite for Features is not there (docs/conformance.md says how to have it)")
	}
	h := openWells(t, 250)
	dir := t.TempDir()
	must(t, os.WriteFile(filepath.Join(dir, "props.xml"), fmt.Appendf(nil, `<properties version="1.0"><entry key="iut">%s/ogc</entry><entry key="noofcollections">-1</entry></properties>`, h.URL()), 0o600))
	command := exec.CommandContext(t.Context(), "java", "-cp", filepath.Join(suite, "*"), "org.opengis.cite.ogcapifeatures10.TestNGController", "-o", dir, filepath.Join(dir, "props.xml"))
	command.WaitDelay = time.Minute
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("java: %v\n%.4000s", err, out)
	}
	files, err := filepath.Glob(filepath.Join(dir, "testng", "*", "testng-results.xml"))
	if err != nil || len(files) != 1 {
		t.Fatalf("results: %v, %v", files, err)
	}
	data, err := os.ReadFile(files[0])
	must(t, err)
	var results suiteResults
	must(t, xml.Unmarshal(data, &results))
	compareSuite(t, results)
}

var epsgCode = regexp.MustCompile(`/EPSG/0/(\d+)`)

func compareSuite(t *testing.T, results suiteResults) {
	t.Helper()
	failed := map[string][]string{} // by method, the systems
	for _, s := range results.Suites {
		for _, test := range s.Tests {
			for _, c := range test.Classes {
				for _, m := range c.Methods {
					if m.Status == "FAIL" {
						failed[m.Name] = append(failed[m.Name], systemOf(m))
					}
				}
			}
		}
	}
	t.Logf("passed %d, skipped %d, failing %v", results.Passed, results.Skipped, failed)
	for method, systems := range failed {
		for _, one := range slices.Compact(slices.Sorted(slices.Values(systems))) {
			if !covers(explained[method].systems, one) {
				t.Errorf("%s fails for %q and nothing explains it", method, one)
			}
		}
	}
	for method := range explained {
		if len(failed[method]) == 0 {
			t.Errorf("%s no longer fails: correct docs/conformance.md", method)
		}
	}
	if results.Passed < 900 {
		t.Errorf("only %d tests passed: the suite did not see everything", results.Passed)
	}
}

func systemOf(m suiteMethod) string {
	for _, p := range m.Params {
		if code := epsgCode.FindStringSubmatch(p); code != nil {
			return code[1]
		}
	}
	return ""
}

// covers reports whether a list such as "4756 9205-9218" has the code.
func covers(list, code string) bool {
	for one := range strings.FieldsSeq(list) {
		if from, to, isRange := strings.Cut(one, "-"); one == code || isRange && from <= code && code <= to {
			return true
		}
	}
	return false
}
