// Package endpoints computes, from state alone, who receives traffic and who has which name.
package endpoints
