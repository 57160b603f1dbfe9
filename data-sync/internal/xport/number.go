package xport

import (
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
)

// isMissing tells whether a number is one of SAS's missing values: ., ._, .A to .Z. Each
// is one character and zeros.
func isMissing(p []byte) bool {
	if c := p[0]; c != '.' && c != '_' && (c < 'A' || c > 'Z') {
		return false
	}
	for _, b := range p[1:] {
		if b != 0 {
			return false
		}
	}
	return true
}

// ibm is a hexadecimal floating-point number of IBM's System/360: a fraction of 56 bits
// and the power of two that its last bit is worth.
type ibm struct {
	negative bool
	fraction uint64
	power    int // -312 to 196
}

// readIBM reads a number of 2 to 8 bytes: a sign of one bit, an exponent of seven to the
// base 16 with a bias of 64, and a fraction whose missing bytes are zero.
func readIBM(p []byte) ibm {
	var full [8]byte
	copy(full[:], p)
	all := binary.BigEndian.Uint64(full[:])
	return ibm{
		negative: full[0]&0x80 != 0,
		fraction: all & (1<<56 - 1),
		power:    4*(int(full[0]&0x7f)-64) - 56,
	}
}

// integer gives the magnitude of a number that is an integer below 2 to the 56th.
func (n ibm) integer() (uint64, bool) {
	switch {
	case n.fraction == 0:
		return 0, true
	case n.power > 0:
		return n.fraction << n.power, bits.Len64(n.fraction)+n.power <= 56
	case n.power < -56 || n.fraction&(1<<-n.power-1) != 0:
		return 0, false
	}
	return n.fraction >> -n.power, true
}

// float gives the nearest IEEE 754 double. It is exact for every number that SAS wrote
// from a double: a fraction of 56 bits whose first hexadecimal digit is not 0 has 53.
func (n ibm) float() float64 {
	// The conversion rounds to the nearest, ties to even; the scaling is exact, for the
	// exponents are far from a double's limits.
	f := math.Ldexp(float64(n.fraction), n.power)
	if n.negative {
		return -f
	}
	return f
}

// appendNumber prints the number p, or nothing where it is missing.
func appendNumber(dst, p []byte, shows kind) []byte {
	if isMissing(p) {
		return dst
	}
	n := readIBM(p)
	if shows != plain {
		if printed, ok := appendISO(dst, n.float(), shows); ok {
			return printed
		}
	}
	if i, ok := n.integer(); ok {
		if n.negative && i != 0 {
			dst = append(dst, '-')
		}
		return strconv.AppendUint(dst, i, 10)
	}
	f := n.float()
	if size := math.Abs(f); size >= 1e21 || size < 1e-6 {
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(dst, f, 'f', -1, 64)
}
