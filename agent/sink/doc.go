// Package sink ships the output of containers to where it outlives their container instance: a
// store that speaks S3, or an endpoint of Fluentd's forward protocol.
//
// A Shipper reads the streams that agent/logs keeps on disk, and notes for each up to where the
// target has it. So the kept streams are the buffer while a target does not answer, and their
// bounds are its bounds. What was removed before it could be shipped is counted, and said in the
// log and in the next record.
//
// Each event is shipped at least once. The note is written after the target has confirmed a batch:
// a process that is killed in between ships the batch again. An object of S3 then replaces the one
// that is there, because its name follows from its first event.
package sink
