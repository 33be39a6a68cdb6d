// Package binary decodes the component binary format, as of the 0.2 release
// of the component model, into definitions: in the order of the file, with
// indices as written. It checks the encoding and the limits, and refuses by
// name what the 0.2 model does not have; whether indices exist and what they
// mean is for package validate. Core modules are cut out, not read: package
// core does that.
//
// Legacy and current encodings of the same thing (names with the prefixes
// 0x00, 0x01 and 0x02) are the same in the result.
//
// Decoding takes time and memory proportional to the file, within Limits.
// Decode may run on any number of goroutines at once; what it returns is not
// written again and aliases the file.
//
// Specification: component-model design/mvp/Binary.md.
package binary
