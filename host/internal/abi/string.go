package abi

func (f *Frame) transcode(ptr, n uint32) string      { panic("x") }
func (f *Frame) encode(s string) (ptr, n uint32)     { panic("x") }
