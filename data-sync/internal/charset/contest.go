package charset

import (
	"math"
	"slices"
	"sync"
	"unicode/utf8"
)

// contestants are the charsets that a Detector tells apart by what their text says.
var contestants = []Charset{GB18030, EUCKR, EUCJP, Big5, ShiftJIS}

// contest counts the characters that the lines which are not UTF-8 have in one
// charset.
type contest struct {
	charset Charset
	table   *multibyte
	costs   *costs

	pairs   [128 << 8]int64
	singles [256]int64
	long    int64 // characters of three bytes or four
	invalid int64 // invalid bytes, and pairs
	// firm counts the characters that stand as characters of several bytes do; see
	// run.firm.
	firm int64
	// invalidLines counts lines with anything invalid; scatteredLines the others that
	// have characters and no firm one.
	invalidLines, scatteredLines int64
}

// costs of the characters of a charset, in bits: the less frequent a character is in
// the language, the more.
type costs struct {
	pairs   [128 << 8]float32
	singles [256]float32
}

func newContests() []*contest {
	var all []*contest
	for _, c := range contestants {
		table := registry().schemes[c.name].newDecoder().(*multibyte)
		all = append(all, &contest{charset: c, table: table, costs: languages[c]()})
	}
	return all
}

// add counts the characters of a line without its end.
func (c *contest) add(line []byte) {
	invalid, firm, characters := c.invalid, c.firm, 0
	var now run
	for i := 0; i < len(line); {
		if line[i] < utf8.RuneSelf {
			c.firm += now.firm(line, i)
			now = run{}
			i++
			continue
		}
		r, n := c.table.next(line[i:], true)
		switch {
		case r < 0 && r != longer:
			c.firm += now.firm(line, i)
			now = run{}
			c.invalid++
			i += n
			continue
		case n == 1:
			c.singles[line[i]]++
		case n == 2:
			c.pairs[pairIndex(line[i], line[i+1])]++
		default:
			c.long++
		}
		if now.characters == 0 {
			now.start = i
		}
		now.characters++
		characters++
		i += n
		if n > 1 && line[i-1] >= utf8.RuneSelf {
			now.high++
		}
	}
	c.firm += now.firm(line, len(line))
	switch {
	case c.invalid > invalid:
		c.invalidLines++
	case c.firm == firm && characters > 0:
		c.scatteredLines++
	}
}

// run is characters that stand side by side.
type run struct {
	start      int   // in the line
	characters int64 // of any length
	high       int64 // of these: two bytes or more, the last one not ASCII
}

// firm is how many characters of the run, which ends before line[end], are firm. In
// western text a run has one or two accented letters, each with the ASCII letter
// after it, and ASCII letters beside the run.
func (r run) firm(line []byte, end int) int64 {
	letters := 0
	if r.start > 0 && letter(line[r.start-1]) {
		letters++
	}
	if end < len(line) && letter(line[end]) {
		letters++
	}
	switch {
	case r.characters == 1 && (r.high == 0 || letters > 0):
		return 0
	case r.high == 0 && (letters == 2 || letters == 1 && r.characters < 3):
		return 0
	}
	return r.characters
}

func letter(c byte) bool {
	c |= 0x20
	return 'a' <= c && c <= 'z'
}

// Costs that no language decides, in bits.
const (
	longCost    = 22 // a character of three bytes or four: all frequent ones have two
	invalidCost = 30 // an invalid byte
)

// standing is how a contest ended.
type standing struct {
	charset Charset
	// score is the mean cost of two bytes, in bits. Text of the charset's language
	// has 8 to 11, other text 13 and more.
	score float64
	// characters, and how many distinct ones.
	characters, distinct int64
	// evidence is the sum of what the characters count for.
	evidence float64
	// firm and invalid are shares of the characters and invalid bytes.
	firm, invalid                float64
	invalidLines, scatteredLines int64
}

// result weighs each distinct character by the logarithm of its count: a word that
// stands in every row says little more than a word that stands in a few.
func (c *contest) result() standing {
	s := standing{charset: c.charset, characters: c.long, invalidLines: c.invalidLines, scatteredLines: c.scatteredLines}
	var cost, weight, size float64
	tally := func(count int64, bits float64, bytes float64) {
		if count == 0 {
			return
		}
		w := 1 + math.Log2(float64(count))
		s.characters += count
		s.distinct++
		cost += w * bits
		weight += w
		size += w * bytes
	}
	for i, count := range c.pairs {
		tally(count, float64(c.costs.pairs[i]), 2)
	}
	for i, count := range c.singles {
		tally(count, float64(c.costs.singles[i]), 1)
	}
	cost += float64(c.long) * longCost
	weight += float64(c.long)
	size += float64(c.long) * 4
	all := float64(s.characters + c.invalid)
	if all == 0 || size == 0 {
		s.score, s.invalid = invalidCost, 1
		return s
	}
	s.evidence = weight
	s.firm = float64(c.firm) / all
	s.invalid = float64(c.invalid) / all
	s.score = 2*cost/size*(1-s.invalid) + invalidCost*s.invalid
	return s
}

// languages gives the costs of each contestant's characters. They are made once, when
// a file needs them.
var languages = map[Charset]func() *costs{
	GB18030:  sync.OnceValue(func() *costs { return newCosts(GB18030, simplifiedTiers, restOfGB18030) }),
	Big5:     sync.OnceValue(func() *costs { return newCosts(Big5, traditionalTiers, restOfBig5) }),
	EUCKR:    sync.OnceValue(func() *costs { return newCosts(EUCKR, koreanTiers, restOfEUCKR) }),
	EUCJP:    sync.OnceValue(func() *costs { return newCosts(EUCJP, japaneseTiers, restOfEUCJP) }),
	ShiftJIS: sync.OnceValue(func() *costs { return newCosts(ShiftJIS, japaneseTiers, restOfShiftJIS) }),
}

// tier is characters of about the same frequency.
type tier struct {
	bits       float32
	characters string
}

// newCosts gives each character of c the bits of its tier, else those of signs, else
// what rest says of its bytes.
func newCosts(c Charset, tiers []tier, rest func(lead, second byte, r rune) float32) *costs {
	table := registry().schemes[c.name].newDecoder().(*multibyte)
	bits := map[rune]float32{}
	for _, t := range slices.Concat(tiers, signs) {
		for _, r := range t.characters {
			if _, known := bits[r]; !known {
				bits[r] = t.bits
			}
		}
	}
	costOf := func(lead, second byte, r rune) float32 {
		if b, ok := bits[r]; ok {
			return b
		}
		return rest(lead, second, r)
	}
	var out costs
	for b := utf8.RuneSelf; b < 256; b++ {
		lead := byte(b)
		if r := table.single[lead]; r >= 0 {
			out.singles[lead] = costOf(lead, 0, r)
		}
		for second := range 256 {
			i := pairIndex(lead, byte(second))
			if r := table.pairs[i]; r > 0 {
				out.pairs[i] = costOf(lead, byte(second), r)
			} else {
				out.pairs[i] = longCost
			}
		}
	}
	return &out
}
