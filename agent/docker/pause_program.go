package docker

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// The program of a pause, written as machine code since users' machines have no compiler: it
// ignores SIGCHLD, so that as the first process of a shared process namespace it leaves no zombies,
// and waits for ever. It needs no library, and takes a page of memory.

// pauseCode is the program for a processor, by Go's name for it. The 32 bytes of the sigaction
// (SIG_IGN, no flags, no restorer, no mask) follow at an offset that the code knows.
var pauseCode = map[string]struct {
	machine uint16 // ELF's number of the processor
	code    []byte
}{
	"amd64": {62, []byte{
		0xb8, 13, 0, 0, 0, // mov eax, 13           rt_sigaction(
		0xbf, 17, 0, 0, 0, // mov edi, 17             SIGCHLD,
		0x48, 0x8d, 0x35, 23, 0, 0, 0, // lea rsi, [rip+23] the action,
		0x31, 0xd2, // xor edx, edx                    no old action,
		0x41, 0xba, 8, 0, 0, 0, // mov r10d, 8         8 bytes of mask)
		0x0f, 0x05, // syscall
		0xb8, 34, 0, 0, 0, // again: mov eax, 34     pause()
		0x0f, 0x05, // syscall
		0xeb, 0xf7, // jmp again
		0x90, 0x90, 0x90, 0x90,
	}},
	"arm64": {183, words(
		0xd28010c8, // mov x8, 134    rt_sigaction(
		0xd2800220, // mov x0, 17       SIGCHLD,
		0x10000181, // adr x1, .+48     the action,
		0xd2800002, // mov x2, 0        no old action,
		0xd2800103, // mov x3, 8        8 bytes of mask)
		0xd4000001, // svc 0
		0xd2800000, // again: mov x0, 0 ppoll(nothing,
		0xd2800001, // mov x1, 0        0 of it,
		0xd2800002, // mov x2, 0        no timeout,
		0xd2800003, // mov x3, 0        no mask,
		0xd2800004, // mov x4, 0        0 bytes of it)
		0xd2800928, // mov x8, 73
		0xd4000001, // svc 0
		0x17fffff9, // b again
	)},
}

func words(list ...uint32) (code []byte) {
	for _, w := range list {
		code = binary.LittleEndian.AppendUint32(code, w)
	}
	return code
}

// pauseProgram returns the program as an ELF file for a processor, by Go's name for it.
func pauseProgram(arch string) ([]byte, error) {
	program, ok := pauseCode[arch]
	if !ok {
		return nil, fmt.Errorf("there is no pause program for processors of type %s", arch)
	}
	const (
		base        = 0x400000
		headers     = 64 + 56
		executable  = 2 // ET_EXEC
		load        = 1 // PT_LOAD
		readExecute = 5
	)
	action := make([]byte, 32)
	action[0] = 1 // SIG_IGN
	size := uint64(headers + len(program.code) + len(action))
	var f bytes.Buffer
	f.WriteString("\x7fELF\x02\x01\x01" + "\x00\x00\x00\x00\x00\x00\x00\x00\x00")
	for _, field := range []any{
		uint16(executable), program.machine, uint32(1), uint64(base + headers), uint64(64), uint64(0), uint32(0),
		uint16(64), uint16(56), uint16(1), uint16(0), uint16(0), uint16(0), // sizes and numbers of headers
		uint32(load), uint32(readExecute), uint64(0), uint64(base), uint64(base), size, size, uint64(4096),
		program.code, action,
	} {
		// a buffer takes everything
		_ = binary.Write(&f, binary.LittleEndian, field)
	}
	return f.Bytes(), nil
}
