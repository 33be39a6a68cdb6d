package filesystem_test

import "testing"

func mkfifo(*testing.T, string) {}
