// A guest in Go, compiled as a WASI reactor: the runtime starts in _initialize and stays for the one call of its instance.
package main

import (
	"fmt"
	"os"
	"strings"
	"unsafe"
)

//go:wasmimport env return_result
func returnResult(pointer unsafe.Pointer, size uint32, ident int32)

//go:wasmimport env return_error
func returnError(code int32, pointer unsafe.Pointer, size uint32, ident int32)

//go:wasmimport env get_ffi_result
func getFfiResult(target unsafe.Pointer, ident int32) int32

//go:wasmimport env request_get_field
func requestGetField(kind int32, key unsafe.Pointer, size uint32, ident int32) int32

//go:wasmimport env fetch_url
func fetchURL(method int32, url unsafe.Pointer, urlSize uint32, body unsafe.Pointer, bodySize uint32, ident int32) int32

//go:wasmimport env cache_get
func cacheGet(key unsafe.Pointer, size uint32, ident int32) int32

// The text that tells generation 3, which the SDK of this language holds as well.
const unknownError = "unknown error returned from host"

// Buffers that were handed to the host, so that they are not collected.
var kept = map[unsafe.Pointer][]byte{}

var started = strings.Repeat("started", 1)

//go:wasmexport allocate
func allocate(size uint32) unsafe.Pointer {
	buffer := make([]byte, size+1)
	pointer := unsafe.Pointer(&buffer[0])
	kept[pointer] = buffer
	return pointer
}

//go:wasmexport deallocate
func deallocate(pointer unsafe.Pointer, size uint32) {
	delete(kept, pointer)
}

//go:wasmexport run_e
func runE(pointer unsafe.Pointer, size uint32, ident int32) {
	output, err := run(string(unsafe.Slice((*byte)(pointer), size)), ident)
	if err != nil {
		text := err.Error()
		returnError(500, unsafe.Pointer(unsafe.StringData(text)), uint32(len(text)), ident)
		return
	}
	returnResult(unsafe.Pointer(unsafe.StringData(output)), uint32(len(output)), ident)
}

func run(input string, ident int32) (string, error) {
	if input == "fail" {
		return "", fmt.Errorf("as asked")
	}
	lines := []string{started, input}
	for _, name := range []string{"x-world", "x-none"} {
		value, _ := pending(requestGetField(2, data(name), uint32(len(name)), ident), ident)
		if name == "x-none" {
			lines = append(lines, fmt.Sprintf("%q", value))
			continue
		}
		url := "http://" + value + "/echo"
		page, err := pending(fetchURL(0, data(url), uint32(len(url)), nil, 0, ident), ident)
		lines = append(lines, page, fmt.Sprint(err))
	}
	key := "written in Go"
	_, err := pending(cacheGet(data(key), uint32(len(key)), ident), ident)
	lines = append(lines, fmt.Sprint(err))

	// Goroutines and the collector work while the one thread is the guest's.
	sums := make(chan int)
	for worker := range 4 {
		go func() {
			garbage := make([][]byte, 0, 64)
			for i := range 64 {
				garbage = append(garbage, make([]byte, 4096*(i+1)))
			}
			sums <- worker * len(garbage)
		}()
	}
	total := 0
	for range 4 {
		total += <-sums
	}
	lines = append(lines, fmt.Sprint(total))
	fmt.Fprintln(os.Stderr, "from Go")
	return strings.Join(lines, "\n") + "\n", nil
}

func pending(result int32, ident int32) (string, error) {
	if result == -1 {
		return "", fmt.Errorf(unknownError)
	}
	size := max(result, -result)
	buffer := make([]byte, size+1)
	if getFfiResult(unsafe.Pointer(&buffer[0]), ident) != 0 {
		return "", fmt.Errorf(unknownError)
	}
	text := string(buffer[:size])
	if result < 0 {
		return "", fmt.Errorf("%s", text)
	}
	return text, nil
}

func data(text string) unsafe.Pointer {
	return unsafe.Pointer(unsafe.StringData(text))
}

func main() {}
