package xport

import (
	"math"
	"strings"
	"time"
)

// kind is what a SAS format shows a number as.
type kind int

const (
	plain    kind = iota
	date          // days since 1960-01-01
	datetime      // seconds since 1960-01-01T00:00:00
	daytime       // seconds since midnight
)

// formats holds the names of SAS's own formats without their width. Formats that show a
// part of a date, such as MONYY, are formats of dates: what decides is the value.
var formats = formatKinds()

func formatKinds() map[string]kind {
	all := map[string]kind{}
	add := func(k kind, names string) {
		for name := range strings.FieldsSeq(names) {
			all[name] = k
		}
	}
	add(date, `DATE DAY DOWNAME HDATE HEBDATE JULDAY JULIAN MINGUO MONNAME MONTH MONYY NENGO PDJULG PDJULI QTR QTRR
		WEEKDATE WEEKDATX WEEKDAY WEEKU WEEKV WEEKW WORDDATE WORDDATX YEAR YYMON YYWEEKU YYWEEKV YYWEEKW
		EURDFDD EURDFDE EURDFDN EURDFDWN EURDFMN EURDFMY EURDFWDX EURDFWKX`)
	// These take a letter for their separator.
	for _, name := range []string{"DDMMYY", "MMDDYY", "YYMMDD", "MMYY", "YYMM", "YYQ", "YYQR"} {
		for _, separator := range []string{"", "B", "C", "D", "N", "P", "S", "Z"} {
			all[name+separator] = date
		}
	}
	add(datetime, "DATETIME DATEAMPM DTDATE DTMONYY DTWKDATX DTYEAR DTYYQC MDYAMPM EURDFDT")
	add(daytime, "TIME TIMEAMPM TOD HHMM HOUR MMSS")
	for _, prefix := range []string{"E8601", "B8601", "IS8601"} {
		all[prefix+"DA"] = date
		for _, suffix := range []string{"DN", "DT", "DX", "DZ", "LX"} {
			all[prefix+suffix] = datetime
		}
		for _, suffix := range []string{"LZ", "TM", "TX", "TZ"} {
			all[prefix+suffix] = daytime
		}
	}
	return all
}

// kindOf gives what a format shows. format is a name, or a name with width and decimals
// (DATE9., DATETIME20.3) as some writers put there.
func kindOf(format string) kind {
	name := strings.ToUpper(strings.Trim(format, " "))
	if dot := strings.LastIndexByte(name, '.'); dot >= 0 {
		name = name[:dot]
	}
	name = strings.TrimRight(name, "0123456789")
	switch {
	case strings.HasPrefix(name, "NLDATE"):
		return date
	case strings.HasPrefix(name, "NLDATM"):
		return datetime
	case strings.HasPrefix(name, "NLTIM"):
		return daytime
	}
	return formats[name]
}

const (
	secondsOfDay = 24 * 60 * 60
	microseconds = 1_000_000
)

// The years of SAS's calendar that ISO 8601 prints with four digits.
var (
	epoch = time.Date(1960, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	first = float64(time.Date(1582, 1, 1, 0, 0, 0, 0, time.UTC).Unix() - epoch)
	last  = float64(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).Unix() - epoch)
)

// appendISO prints a number as its format shows it, in ISO 8601: 2026-05-11,
// 2026-05-11T10:20:30 or 10:20:30, with up to six decimals of a second and without a
// time zone. ok is false where it cannot, and the number is printed instead: years
// before 1582 or after 9999, a time of day below 0 or from 24 hours on.
func appendISO(dst []byte, value float64, shows kind) (printed []byte, ok bool) {
	layout := "2006-01-02T15:04:05.999999"
	from, to := first, last
	switch shows {
	case date:
		value = math.Floor(value) * secondsOfDay
		layout = time.DateOnly
	case daytime:
		from, to = 0, secondsOfDay
		layout = "15:04:05.999999"
	}
	whole := math.Floor(value)
	micros := math.Round((value - whole) * microseconds)
	if value < from || whole+micros/microseconds >= to {
		return dst, false
	}
	t := time.Unix(epoch+int64(whole), int64(micros)*1000).UTC()
	return t.AppendFormat(dst, layout), true
}
