// Package objectstore reads and writes objects of buckets that are reached over the API of Amazon
// S3: S3 itself, MinIO, Ceph, Garage, R2 and their like. It is the only user of the S3 client.
//
// A store never lists or makes buckets, so its keys need no more than s3:GetObject and
// s3:PutObject.
package objectstore
