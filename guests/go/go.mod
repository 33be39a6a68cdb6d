module github.com/wasikv/wasikv/guests/go

go 1.26
