package xport

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"
)

// expectNumber computes the decimal of a number from its definition, in exact arithmetic.
func expectNumber(p []byte) string {
	fraction := new(big.Int)
	for i := 1; i < 8; i++ {
		fraction.Lsh(fraction, 8)
		if i < len(p) {
			fraction.Or(fraction, big.NewInt(int64(p[i])))
		}
	}
	value := new(big.Rat).SetFrac(fraction, new(big.Int).Lsh(big.NewInt(1), 56))
	sixteen, power := big.NewRat(16, 1), int(p[0]&0x7f)-64
	if power < 0 {
		sixteen, power = big.NewRat(1, 16), -power
	}
	for range power {
		value.Mul(value, sixteen)
	}
	if p[0]&0x80 != 0 {
		value.Neg(value)
	}
	if value.IsInt() && value.Num().BitLen() <= 56 {
		return value.Num().String()
	}
	f, _ := value.Float64() // the nearest, ties to even
	form := byte('f')
	if math.Abs(f) >= 1e21 || math.Abs(f) < 1e-6 {
		form = 'e'
	}
	return strconv.FormatFloat(f, form, -1, 64)
}

func TestANumberIsTheNearestDoubleOfItsExactValue(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 30_000 {
		p := make([]byte, 2+random.IntN(7))
		for i := range p {
			p[i] = byte(random.Uint32())
		}
		switch random.IntN(4) {
		case 0: // near 1, where the integers are
			p[0] = p[0]&0x80 | byte(56+random.IntN(24))
			for i := 1 + random.IntN(len(p)); i < len(p); i++ {
				p[i] = 0
			}
		case 1: // not normalized
			p[1] &= 0x0f
		}
		if isMissing(p) {
			continue
		}
		if got, want := string(appendNumber(nil, p, plain)), expectNumber(p); got != want {
			t.Fatalf("% x is %s, want %s", p, got, want)
		}
	}
}

func TestADoubleComesBackAsItWas(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 30_000 {
		want := math.Ldexp(random.Float64()-0.5, random.IntN(400)-200)
		got, err := strconv.ParseFloat(string(appendNumber(nil, ibmOf(want, 8), plain)), 64)
		if err != nil || got != want {
			t.Fatalf("%v came back as %v: %v", want, got, err)
		}
	}
}

func TestNumbersPrintShortest(t *testing.T) {
	for _, c := range []struct {
		bytes, want string
	}{
		{"\x41\x10\x00\x00\x00\x00\x00\x00", "1"},
		{"\x41\x10", "1"},
		{"\xc1\x10\x00", "-1"},
		{"\x00\x00\x00\x00\x00\x00\x00\x00", "0"},
		{"\x80\x00", "0"},
		{"\x40\x00\x00", "0"},
		{"\x41\xc8\x00\x00\x00\x00\x00\x00", "12.5"},
		{"\x40\x19\x99\x99\x99\x99\x99\x9a", "0.1"},
		{"\x40\x19\x99\x99", "0.09999996423721313"},
		{"\x4e\xff\xff\xff\xff\xff\xff\xff", "72057594037927935"}, // no double, still exact
		{"\x52\x10\x00\x00\x00\x00\x00\x00", "295147905179352830000"},
		{"\x7f\xff\xff\xff\xff\xff\xff\xff", "7.237005577332262e+75"},
		{"\x00\x00\x00\x00\x00\x00\x00\x01", "1.1985091468012028e-94"},
	} {
		if got := string(appendNumber(nil, []byte(c.bytes), plain)); got != c.want {
			t.Errorf("% x is %s, want %s", c.bytes, got, c.want)
		}
	}
}

func TestEveryMissingValueIsAnEmptyCell(t *testing.T) {
	for n := 2; n <= 8; n++ {
		for c := range 256 {
			p := make([]byte, n)
			p[0] = byte(c)
			missing := c == '.' || c == '_' || c >= 'A' && c <= 'Z'
			if got := appendNumber(nil, p, plain); (len(got) == 0) != missing {
				t.Errorf("%#x of %d bytes is %q", c, n, got)
			}
			// With a bit behind its first character it is a number.
			p[n-1] = 1
			if got := appendNumber(nil, p, plain); len(got) == 0 {
				t.Errorf("% x is missing", p)
			}
		}
	}
}

func TestDatesAndTimesAreISO8601(t *testing.T) {
	for _, c := range []struct {
		format string
		value  float64
		want   string
	}{
		{"DATE9.", 24237, "2026-05-11"},
		{"DATE", 0, "1960-01-01"},
		{"E8601DA.", -1, "1959-12-31"},
		{"E8601DA.", -0.5, "1959-12-31"},
		{"e8601da10.", 23435, "2024-02-29"},
		{"YYMMDD10.", 24237.75, "2026-05-11"},
		{"YYMMDDN", 24237, "2026-05-11"},
		{"MONYY7.", 24237, "2026-05-11"},
		{"NLDATE20.", 24237, "2026-05-11"},
		{"DATE9.", -138061, "1582-01-01"},
		{"DATE9.", -138062, "-138062"},
		{"DATE9.", 2936549, "9999-12-31"},
		{"DATE9.", 2936550, "2936550"},
		{"DATETIME20.", 2094114030, "2026-05-11T10:20:30"},
		{"DATETIME22.3", 2094114030.125, "2026-05-11T10:20:30.125"},
		{"E8601DT", -0.5, "1959-12-31T23:59:59.5"},
		{"E8601DT", 59.9999999, "1960-01-01T00:01:00"},
		{"DTDATE9.", 2094114030, "2026-05-11T10:20:30"},
		{"NLDATM", 0, "1960-01-01T00:00:00"},
		{"DATETIME20.", 1e20, "100000000000000000000"},
		{"TIME8.", 37230, "10:20:30"},
		{"TIME5.", 37230.25, "10:20:30.25"},
		{"TOD", 86399, "23:59:59"},
		{"TIME8.", 86400, "86400"},
		{"TIME8.", 86399.9999999, "86399.9999999"},
		{"TIME8.", -1, "-1"},
		{"", 24237, "24237"},
		{"BEST12.", 24237, "24237"},
		{"8.2", 24237, "24237"},
		{"DATERANGE", 24237, "24237"}, // a format of the user's
		{"YESNO", 1, "1"},
	} {
		if got := string(appendNumber(nil, ibmOf(c.value, 8), kindOf(c.format))); got != c.want {
			t.Errorf("%v in %q is %s, want %s", c.value, c.format, got, c.want)
		}
	}
}
