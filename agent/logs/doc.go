// Package logs keeps the output of the containers of one instance in files on its disk, and answers
// questions about it. The output stays when the task and its container are gone, until it is too
// old or there is too much of it.
//
// # The way of a line
//
// Docker's driver json-file writes each line as a record to a file, which it renames when it is
// full. A follower (follower.go, files.go), one goroutine for each container, copies the records as
// they are to the container's stream. It wakes up when the kernel reports a change of the files
// (watch.go). It follows files by their inode and keeps them open, so nothing is lost or comes
// twice while they are renamed. Where the files cannot be read, the engine is asked
// (engine_source.go).
//
// A stream (stream.go) is a folder TASK/CONTAINER with segments of about 1 MiB:
//
//	{"gantry":{"at":…,"from":{"container":…,"inode":…,"head":…,"offset":…},"lines":…,"stream":{…}}}
//	{"log":"what was written\n","stream":"stdout","time":"2026-11-30T08:10:49.123456789Z"}
//
// The first line is a mark (mark.go): the place of the next record in the engine's files. Since
// records are copied byte for byte, the last mark and the length of the segment say where to go on:
// there is no other record of the position that could differ from what is kept after a crash.
//
// Lines become events only when they are read (decoder.go): parts of long lines are put together,
// and lines by the multiline pattern of awslogs. An event never depends on another segment.
//
// # Reading
//
// A cursor reads a stream forward, a backward from its end. merging joins several by time. Readers
// read files only, at their own pace: a slow one holds up neither followers nor other readers.
//
// # Bounds
//
// When a segment begins, the oldest ones are removed until the container, its task and the instance
// are within their bounds (bounds.go). Marks count lines from the beginning of the stream, which
// tells how many were removed. Lines that were dropped before they were kept are counted too.
package logs
