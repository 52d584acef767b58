package randompod_test

import "regexp"

// rules are mountguard's ids of the core rules, with the error that each one is.
var rules = map[string]*regexp.Regexp{
	"mount-name-required":                 regexp.MustCompile(`volumeMounts\[\d+\]\.name: Required value`),
	"mount-volume-not-found":              regexp.MustCompile(`volumeMounts\[\d+\]\.name: Not found`),
	"mount-path-required":                 regexp.MustCompile(`volumeMounts\[\d+\]\.mountPath: Required value`),
	"mount-path-unique":                   regexp.MustCompile(`(?s)volumeMounts\[\d+\]\.mountPath: Invalid value: .*: must be unique`),
	"mount-name-is-device":                regexp.MustCompile(`(?s)volumeMounts\[\d+\]\.name: Invalid value: .*: must not already exist in volumeDevices`),
	"mount-path-is-device":                regexp.MustCompile(`(?s)volumeMounts\[\d+\]\.mountPath: Invalid value: .*: must not already exist as a path in volumeDevices`),
	"sub-path-relative":                   regexp.MustCompile(`(?s)volumeMounts\.subPath(Expr)?: Invalid value: .*: must be a relative path`),
	"sub-path-no-backsteps":               regexp.MustCompile(`(?s)volumeMounts\.subPath(Expr)?: Invalid value: .*: must not contain '\.\.'`),
	"sub-path-exclusive":                  regexp.MustCompile(`(?s)volumeMounts\[\d+\]\.subPathExpr: Invalid value: .*: subPathExpr and subPath are mutually exclusive`),
	"mount-propagation-supported":         regexp.MustCompile(`volumeMounts\.mountPropagation: Unsupported value`),
	"bidirectional-requires-privileged":   regexp.MustCompile(`volumeMounts\.mountPropagation: Forbidden: Bidirectional`),
	"recursive-read-only-needs-read-only": regexp.MustCompile(`volumeMounts\.recursiveReadOnly: Forbidden: may only be specified when readOnly`),
	"recursive-read-only-needs-private":   regexp.MustCompile(`volumeMounts\.recursiveReadOnly: Forbidden: may only be specified when mountPropagation`),
	"recursive-read-only-supported":       regexp.MustCompile(`volumeMounts\.recursiveReadOnly: Unsupported value`),
	"ephemeral-no-sub-path":               regexp.MustCompile(`volumeMounts\[\d+\]\.subPath(Expr)?: Forbidden: cannot be set for an Ephemeral Container`),
	"device-name-required":                regexp.MustCompile(`volumeDevices\[\d+\]\.name: Required value`),
	"device-name-unique":                  regexp.MustCompile(`(?s)volumeDevices\[\d+\]\.name: Invalid value: .*: must be unique`),
	"device-needs-claim":                  regexp.MustCompile(`(?s)volumeDevices\[\d+\]\.name: Invalid value: .*: can only use volume source type`),
	"device-volume-not-found":             regexp.MustCompile(`volumeDevices\[\d+\]\.name: Not found`),
	"device-path-required":                regexp.MustCompile(`volumeDevices\[\d+\]\.devicePath: Required value`),
	"device-path-unique":                  regexp.MustCompile(`(?s)volumeDevices\[\d+\]\.devicePath: Invalid value: .*: must be unique`),
	"device-path-no-backsteps":            regexp.MustCompile(`(?s)volumeDevices\[\d+\]\.devicePath: Invalid value: .*: can not contain backsteps`),
	"device-name-is-mount":                regexp.MustCompile(`(?s)volumeDevices\[\d+\]\.name: Invalid value: .*: must not already exist in volumeMounts`),
	"device-path-is-mount":                regexp.MustCompile(`(?s)volumeDevices\[\d+\]\.devicePath: Invalid value: .*: must not already exist as a path in volumeMounts`),
}

// rule gives the id of the rule that an error text belongs to, or "".
func rule(text string) string {
	for id, pattern := range rules {
		if pattern.MatchString(text) {
			return id
		}
	}
	return ""
}
