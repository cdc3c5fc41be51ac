//go:build !linux

package process

import "syscall"

// attributes give a child a group of its own. Only Linux can tie its life to that of its parent.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
