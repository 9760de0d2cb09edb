//go:build tools

// Package wasigo keeps wasirun among this module's requirements.
package wasigo

import (
	_ "github.com/stealthrocket/wasi-go/cmd/wasirun"
	_ "github.com/tetratelabs/wazero"
)
