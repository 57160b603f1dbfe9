// Package unacked breaks TCP connections whose data nobody acknowledges. Without
// it Linux sends the data again for a quarter of an hour before it gives up a
// peer that is gone without a word.
package unacked
