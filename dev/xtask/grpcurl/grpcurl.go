//go:build tools

// Package grpcurl keeps the command grpcurl among this module's requirements.
package grpcurl

import _ "github.com/fullstorydev/grpcurl/cmd/grpcurl"
