// Pins wasirun, the command of the host wasi-go, and the wazero that it runs on.
module xtask/wasi-go

go 1.22.0

require (
	github.com/stealthrocket/wasi-go v0.8.0
	github.com/tetratelabs/wazero v1.9.0
)

require (
	github.com/stealthrocket/wazergo v0.19.1 // indirect
	golang.org/x/sys v0.8.0 // indirect
)
