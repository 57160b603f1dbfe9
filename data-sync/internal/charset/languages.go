package charset

import "unicode"

// signs that every language uses, after its own tiers.
var signs = []tier{
	{9, "、。，（）：；"},
	{11, "・？！％～—…「」“”《》【】／－＋＝０１２３４５６７８９　"},
	{13, "℃±≥≤≧≦×→↑↓αβγμ°‘’『』＜＞［］●○◎■□△▲※☆★ⅠⅡⅢⅣ①②③④⑤"},
	{14, "ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺａｂｃｄｅｆｇｈｉｊｋｌｍｎｏｐｑｒｓｔｕｖｗｘｙｚ"},
}

// Costs of the characters that are in no tier, in bits.
const (
	secondaryCost = 13.8 // in the first part of a standard, which has what people write
	rareCost      = 17   // in its second part
	strangeCost   = 19   // another script, or a rare sign
	extendedCost  = 21   // beyond the standard
)

// restOfGB18030: GB2312 has its 3,755 usual hanzi in rows B0 to D7, then 3,008 rarer ones.
func restOfGB18030(lead, second byte, r rune) float32 {
	switch {
	case lead < 0xA1 || second < 0xA1 || lead > 0xF7 || unicode.Is(unicode.Co, r):
		return extendedCost
	case lead < 0xB0:
		return strangeCost
	case lead <= 0xD7:
		return secondaryCost
	}
	return rareCost
}

// restOfBig5: Big5 has its 5,401 usual hanzi up to C67E, then 7,652 rarer ones from C940 on.
func restOfBig5(lead, second byte, _ rune) float32 {
	switch {
	case lead < 0xA1 || lead > 0xF9:
		return extendedCost
	case lead < 0xA4 || lead == 0xC6 && second > 0x7E || lead == 0xC7 || lead == 0xC8:
		return strangeCost
	case lead <= 0xC6:
		return secondaryCost
	}
	return rareCost
}

// restOfEUCKR: KS X 1001 has 2,350 hangul in rows B0 to C8 and hanja in rows CA to FD.
// Code page 949 adds the other hangul before them.
func restOfEUCKR(lead, second byte, r rune) float32 {
	switch {
	case lead < 0xA1 || second < 0xA1:
		return extendedCost
	case unicode.Is(unicode.Hangul, r) && lead >= 0xB0:
		return secondaryCost
	case lead >= 0xCA:
		return rareCost
	}
	return strangeCost
}

// restOfEUCJP: JIS X 0208 has its 2,965 usual kanji in rows B0 to CF, then 3,390 rarer ones.
func restOfEUCJP(lead, _ byte, _ rune) float32 {
	return restOfJIS(int(lead) - 0xA0)
}

// restOfShiftJIS: Shift_JIS has two rows of JIS X 0208 to a lead byte.
func restOfShiftJIS(lead, second byte, _ rune) float32 {
	row := int(lead) - 0x81
	if lead >= 0xE0 {
		row -= 0x40
	}
	row = 2*row + 1
	if second >= 0x9F {
		row++
	}
	return restOfJIS(row)
}

func restOfJIS(row int) float32 {
	switch {
	case row < 9:
		return strangeCost
	case row < 16 || row > 84:
		return extendedCost
	case row < 48:
		return secondaryCost
	}
	return rareCost
}
