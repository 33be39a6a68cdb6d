// The imports have no body. This file, though empty, makes the compiler accept
// that on every GOOS, so that editors and vet can read the package anywhere.
